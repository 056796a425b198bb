#!/usr/bin/env python
"""The registry: promote a version, roll back, say what is and what was in production."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("promote"))
