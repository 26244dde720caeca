"""The nouns of replaykit: frozen values without input, output or Temporal."""
