#!/usr/bin/env python
"""Named models side by side, each with the parameters that are given."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("compare")
