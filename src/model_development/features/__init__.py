"""What a model sees: from clean rows to a matrix."""
