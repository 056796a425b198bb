"""The reference in docs/commands.md, from the table of commands: python -m model_development.cli.reference"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..settings.context import REPOSITORY
from .command import Command
from .flags import PROGRAM, Parser, complete

DOCUMENT = REPOSITORY / "docs" / "commands.md"
MARK = "<!-- from here on written by: python -m model_development.cli.reference -->\n"
OF_ALL = {"--help", "--json", "--quiet", "--set"}


def reference() -> str:
    """Return a section for each command: what it does, its flags, examples."""
    from .table import COMMANDS

    return "\n".join(_section(command) for command in COMMANDS.values())


def _section(command: Command) -> str:
    parser = Parser(prog=f"{PROGRAM} {command.name}")
    complete(parser, command)
    lines = [f"### {command.name}", "", command.description, ""]
    rows = [row for action in parser._actions for row in _rows(action)]
    if rows:
        lines += ["| flag | what |", "|---|---|", *rows, ""]
    if command.examples:
        lines += ["```bash", *command.examples, "```", ""]
    return "\n".join(lines)


def _rows(action: argparse.Action) -> list[str]:
    if set(action.option_strings) & OF_ALL:
        return []
    if isinstance(action, argparse._SubParsersAction):
        return [
            row
            for name, parser in action.choices.items()
            for inner in parser._actions
            for row in (text.replace("| `", f"| `{name} ", 1) for text in _rows(inner))
        ]
    names = "`, `".join(flag for flag in action.option_strings if flag.startswith("--")) or action.dest
    value = f" {action.metavar or action.dest.upper()}" if action.option_strings and action.nargs != 0 else ""
    choices = f" ({', '.join(map(str, action.choices))})" if action.choices else ""
    text = f"{action.help or ''}{choices}".replace("|", "\\|").replace("%%", "%")
    return [f"| `{names}{value}` | {' '.join(text.split())} |"]


def write(document: Path = DOCUMENT) -> None:
    """Write what follows the mark of the document anew."""
    from ..storage.files import write_text

    before = document.read_text(encoding="utf-8").partition(MARK)[0]
    write_text(document, before + MARK + "\n" + reference())


if __name__ == "__main__":
    write()
