#!/usr/bin/env python
"""The gate: judge a model on test rows by thresholds."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("validate")
