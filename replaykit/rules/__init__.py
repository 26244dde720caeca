"""Pure verbs over the nouns: no input, no output, no Temporal."""
