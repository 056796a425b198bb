"""Where the model fails, and on whom."""
