"""Chaos on real parts: runs are struck inside real workers, on a real server."""
