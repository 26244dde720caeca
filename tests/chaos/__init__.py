"""Tests of chaos: sweeps and their reports."""
