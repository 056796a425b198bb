#!/usr/bin/env python
"""Phase 2: tune the best model of phase 1 and hand it over."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("tune")
