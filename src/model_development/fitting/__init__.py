"""What workers run: fits on folds, shared fits, the final fit."""
