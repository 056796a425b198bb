#!/usr/bin/env python
"""Shipping: the final model with its service, tests and documents in one folder that stands alone."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("package"))
