#!/usr/bin/env python
"""Read, split and check the table of a context, without training anything."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("check")
