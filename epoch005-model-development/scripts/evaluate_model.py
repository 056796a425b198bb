#!/usr/bin/env python
"""Phase 3: open the test rows once, evaluate what phase 2 handed over, report."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("evaluate"))
