"""What is watched of a model in use, against what its training rows were like."""
