#!/usr/bin/env python
"""Monitoring: compare the rows that a model was asked about with its training rows, and what came true."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("monitor"))
