"""Tests of chaos: real runs on a real server, struck."""
