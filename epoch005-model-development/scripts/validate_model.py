#!/usr/bin/env python
"""The gate: judge a model on test rows by thresholds."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("validate"))
