"""Secrets in text: what they look like, and where one stands."""
