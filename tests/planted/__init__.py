"""A change planted in every example, and what replaykit must say about it."""
