"""One module per phase; each tells the story of its phase from top to bottom."""
