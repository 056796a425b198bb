"""From probabilities to decisions, and what these are worth."""
