#!/usr/bin/env python
"""Phase 2: tune the best model of phase 1 and hand it over."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("tune"))
