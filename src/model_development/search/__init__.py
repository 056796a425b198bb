"""Which combinations to try; it knows nothing of models and workers."""
