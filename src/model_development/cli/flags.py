"""The parser of a command: its own flags, and those that every command has."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

from ..errors import SettingsError, did_you_mean
from ..packages import package_version
from .command import Command

PROGRAM = "model-development"
EXIT_CODES = "exit codes: 0 done, 1 failed or a check said no, 2 bad input, 130 interrupted"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ours: one sentence, and parts for `--json`."""

    def error(self, message: str) -> NoReturn:
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        allowed = [word.strip("' ") for word in wrong[2].split(",")] if wrong else None
        hint = did_you_mean(wrong[1], allowed) if wrong and allowed else ""
        raise SettingsError(
            f"{message}.{hint} See {self.prog} --help.",
            what=message,
            where=self.prog,
            allowed=allowed,
            do=f"{self.prog} --help",
        )

    def parse_strictly(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """Return the options. Raises SettingsError that names the flag nearest to an unknown one."""
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            parser = getattr(options, "parser", self)
            known = list(parser._option_string_actions)
            raise SettingsError(
                f"{parser.prog} has no flag {unknown[0]!r}.{did_you_mean(unknown[0], known)} "
                f"See {parser.prog} --help.",
                what=f"unknown flag {unknown[0]!r}",
                where=parser.prog,
                allowed=known,
                do=f"{parser.prog} --help",
            )
        return options


def program_parser(commands: Mapping[str, Command]) -> Parser:
    """Return the parser of `model-development COMMAND ...`."""
    parser = Parser(
        prog=PROGRAM,
        description="Train every machine learning framework alike on one table, pick the best, tune it, "
        "evaluate it once, hand it over.",
        epilog=f"{PROGRAM} COMMAND --help has the flags and examples of a command. {EXIT_CODES}.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {package_version()}")
    rows = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands.values():
        complete(rows.add_parser(command.name, help=command.help), command)
    return parser


def script_parser(command: Command) -> Parser:
    """Return the parser of a script that runs one command."""
    parser = Parser()
    complete(parser, command)
    return parser


def complete(parser: Parser, command: Command) -> None:
    """Give a parser what its command says, and the flags of all commands."""
    parser.description = command.description
    parser.formatter_class = _Help
    examples = "\n".join(f"  {line}" for line in command.examples)
    parser.epilog = (f"examples:\n{examples}\n\n" if examples else "") + EXIT_CODES
    command.add_arguments(parser)
    _add_common(parser)
    parser.set_defaults(parser=parser)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):  # of a command that has commands of its own
            for inner in action.choices.values():
                _add_common(inner, default=argparse.SUPPRESS)


def _add_common(parser, default=None):
    """The flags of all commands; default : where the flags of an outer parser have one already."""
    off, none = (False, []) if default is None else (default, default)
    common = parser.add_argument_group("flags of all commands")
    common.add_argument(
        "--json",
        action="store_true",
        default=off,
        help="print one JSON object, and all else to standard error",
    )
    common.add_argument("--quiet", action="store_true", default=off, help="say nothing but errors")
    common.add_argument(
        "--set",
        action="append",
        default=none,
        metavar="KEY=VALUE",
        help="a setting in place of the context's, for this run; dots lead inwards: cv_folds=3, "
        "decisions.min_recall=0.9, feature_data_path=other.csv. May be given several times",
    )


class _Help(argparse.RawDescriptionHelpFormatter):
    """Examples keep their lines; the description is wrapped all the same."""

    def _fill_text(self, text, width, indent):
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)
