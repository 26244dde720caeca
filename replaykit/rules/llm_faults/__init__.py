"""What goes wrong with language models, each by one name: applied to a recording, a fault gives the answer instead."""
