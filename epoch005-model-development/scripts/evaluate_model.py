#!/usr/bin/env python
"""Phase 3: open the test rows once, evaluate what phase 2 handed over, report."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("evaluate")
