"""The examples run for real: a dev server, a model on loopback, their own workers."""
