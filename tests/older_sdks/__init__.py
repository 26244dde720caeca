"""Histories that older releases of the SDK recorded: `python -m tests.older_sdks` records them anew."""
