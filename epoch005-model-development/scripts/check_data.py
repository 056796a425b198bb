#!/usr/bin/env python
"""Read, split and check the table of a context, without training anything.

Exit code 0: training may begin. 2: bad input or an error in the data, said in words. 130: interrupted.
"""

import argparse
import sys


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(
        description="Check a table for leakage, copies across the split, groups, times, identifiers and "
        "more; write data_checks.json and data_profile.html. Nothing is trained."
    )
    parser.add_argument("--context", help="context file (default: the repository's pipeline_context.json)")
    return parser.parse_args(arguments)


def main():
    options = parse_arguments()
    from model_development.model_utils import TemplateError, check_data

    try:
        check_data(options.context)
    except TemplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # names of columns may hold what a terminal cannot show
    sys.exit(main())
