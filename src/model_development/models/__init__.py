"""The table of models and one module per framework."""
