"""What a row of the table of commands says."""

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CommandResult:
    """What a command came to. exit_code : 0, or 1 where a check said no. content : what `--json` prints."""

    exit_code: int
    content: dict[str, Any] = field(default_factory=dict)


class CommandFailed(Exception):
    """A command could not do its work, and not for bad input: exit code 1. The message has been said."""


@dataclass(frozen=True)
class Command:
    """One row.

    help : one line. description : what it does, and what it leaves. add_arguments : gives a parser its flags;
    those of all commands are added to them, see `flags.py`.
    run : (options) -> exit code, or a CommandResult; a TemplateError that it raises is said in one sentence,
    and the code is 2.
    interrupted : what is to be said to someone who pressed Ctrl-C. examples : lines for `--help`.
    result : (options) -> what `--json` prints after a `run` that returns a bare code; read from its files.
    """

    name: str
    help: str
    description: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int | CommandResult]
    interrupted: str = "interrupted"
    examples: tuple[str, ...] = ()
    result: Callable[[Namespace], dict[str, Any]] | None = None


def add_context(parser: ArgumentParser) -> None:
    """Give a parser the flag of commands that work on a context."""
    parser.add_argument("--context", help="context file (default: the repository's pipeline_context.json)")


def add_models(parser: ArgumentParser, help: str) -> None:
    """Give a parser `--models`, which takes "A,B" as the notebooks do, and "A B" as programs do."""
    parser.add_argument("--models", nargs="+", action=_Joined, metavar="A,B", help=help)


class _Joined(Action):
    """Words in a row are one text with commas."""

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, ",".join(value.strip(",") for value in values))
