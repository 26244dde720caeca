"""Small workflows: histories are recorded from them, and tests change copies of their text."""
