#!/usr/bin/env python
"""Monitoring: compare the rows that a model was asked about with its training rows, and what came true."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("monitor")
