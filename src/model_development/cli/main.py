"""From the words of a command line to a command, and from what becomes of it to an exit code.

0: done. 1: it failed. 2: bad input, said in one sentence. 130: interrupted. 143: terminated.
"""

import argparse
import signal
import sys

from ..errors import TemplateError
from .table import COMMANDS


def main(arguments: list[str] | None = None) -> int:
    """Run `model-development COMMAND ...`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="model-development",
        description="Train every machine learning framework alike on one table, pick the best, tune it.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        command.add_arguments(
            commands.add_parser(command.name, help=command.help, description=command.description)
        )
    options = parser.parse_args(arguments)
    return _run(COMMANDS[options.command], options)


def program() -> None:
    """Entry point of the installed command."""
    sys.exit(main())


def run_script(name: str, arguments: list[str] | None = None) -> int:
    """Run one command as a program of its own; return the exit code."""
    command = COMMANDS[name]
    parser = argparse.ArgumentParser(description=command.description)
    command.add_arguments(parser)
    return _run(command, parser.parse_args(arguments))


def _run(command, options):
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what the stream's encoding lacks is written as a question mark
            stream.reconfigure(errors="replace")
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return command.run(options)
    except TemplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(command.interrupted, file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)
