#!/usr/bin/env python
"""Read, split and check the table of a context, without training anything."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("check"))
