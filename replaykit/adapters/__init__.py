"""The only rooms that speak Temporal, HTTP, files and processes."""
