#!/usr/bin/env python
"""Phase 1, and with --tune phase 2, as a config file or a context says."""

import sys

from model_development.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script("train"))
