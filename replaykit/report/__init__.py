"""Values become text, JSON and tables: pure functions."""
