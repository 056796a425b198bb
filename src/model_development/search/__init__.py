"""Which combinations to try, and on which workers."""
