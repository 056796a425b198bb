#!/usr/bin/env python
"""Shipping: the final model with its service, tests and documents in one folder that stands alone."""

from model_development.cli.main import program

if __name__ == "__main__":
    program("package")
