"""Measurements that a person runs and quotes; the test suite only checks that they run."""
