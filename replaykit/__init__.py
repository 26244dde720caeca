"""Replay, record and break Temporal workflows before production does."""

__version__ = "0.1.0"

__all__ = ["__version__"]
