"""What a row of the table of commands says."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One row.

    help : one line. description : what it does, and what it leaves. add_arguments : gives a parser its flags.
    run : (options) -> exit code; a TemplateError that it raises is said in one sentence, and the code is 2.
    interrupted : what is to be said to someone who pressed Ctrl-C.
    """

    name: str
    help: str
    description: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    interrupted: str = "interrupted"


def add_context(parser: ArgumentParser) -> None:
    """Give a parser the flag that all commands have."""
    parser.add_argument("--context", help="context file (default: the repository's pipeline_context.json)")
