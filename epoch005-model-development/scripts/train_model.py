#!/usr/bin/env python
"""Phase 1, and with --tune phase 2, as a config file or a context says."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("train")
