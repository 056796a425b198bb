"""Routes, by the protocol that their clients speak."""
