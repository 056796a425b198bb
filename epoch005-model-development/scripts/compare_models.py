#!/usr/bin/env python
"""Named models side by side, each with the parameters that are given."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("compare"))
