#!/usr/bin/env python
"""The registry: promote a version, roll back, say what is and what was in production."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("promote")
