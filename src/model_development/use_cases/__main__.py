"""`python -m model_development.use_cases KEY FILE` writes the made-up table of a use case."""

import argparse
import sys
from pathlib import Path

from ..errors import TemplateError
from .catalogue import get_use_case
from .synthetic import N_ROWS, synthetic_table


def main(arguments: list[str] | None = None) -> int:
    """Write one table as CSV; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m model_development.use_cases", description=__doc__)
    parser.add_argument("key", help="key of the use case")
    parser.add_argument("file", type=Path, help="CSV file to be written")
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        synthetic_table(get_use_case(options.key), options.rows, options.seed).to_csv(
            options.file, index=False
        )
    except (TemplateError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
