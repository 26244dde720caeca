"""The parts of redaction: rules, texts, values and payloads (rules/redact.py puts them together)."""
