"""The stories: one folder per phase, each reads top to bottom."""
