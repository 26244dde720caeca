"""Small workflows with one bug each, and their mended twins, for the sweep to find and to leave alone."""
