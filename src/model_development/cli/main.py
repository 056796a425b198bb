"""From the words of a command line to a command, and from what becomes of it to an exit code.

0: done. 1: it failed, or a check said no. 2: bad input, in one sentence. 130: interrupted. 143: terminated.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import TemplateError
from .command import Command, CommandFailed, CommandResult
from .flags import Parser, program_parser, script_parser
from .output import diverted, print_json
from .table import COMMANDS

if TYPE_CHECKING:
    from argparse import Namespace

TERMINATED = 143  # 128 and the number of the signal, as shells count


def main(arguments: list[str] | None = None) -> int:
    """Run `model-development COMMAND ...`; return the exit code."""
    return _parse_and_run(program_parser(COMMANDS), arguments)


def program() -> NoReturn:
    """Be the installed command, to the end of the process."""
    _end(main())


def _end(code: int) -> NoReturn:
    """End as Python does, but for taking every loaded framework apart, which costs seconds at each end.

    Scripts end by SystemExit: a kernel or another script may run them, and goes on.
    """
    gc.freeze()  # nothing that lives now is looked for as garbage
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that have something to finish
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more
        code = code or 1
    os._exit(code)


def run_script(name: str, arguments: list[str] | None = None) -> int:
    """Run one command as a program of its own; return the exit code."""
    return _parse_and_run(script_parser(COMMANDS[name]), arguments, COMMANDS[name])


def _parse_and_run(parser: Parser, arguments: list[str] | None, command: Command | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what the stream's encoding lacks is written as a question mark
            stream.reconfigure(errors="replace")
    try:
        options = parser.parse_strictly(arguments)
    except TemplateError as error:
        print(f"error: {error}", file=sys.stderr)
        if "--json" in (sys.argv[1:] if arguments is None else arguments):
            print_json({"command": None, "exit_code": 2} | error.describe())
        return 2
    return _run(command or COMMANDS[options.command], options)


def _run(command: Command, options: Namespace) -> int:
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        with diverted(json=options.json, quiet=options.quiet):
            code, content = _outcome(command, options)
    finally:
        signal.signal(signal.SIGTERM, before)
    if options.json:
        print_json({"command": command.name, "exit_code": code} | content)
    return code


def _outcome(command: Command, options: Namespace) -> tuple[int, dict[str, Any]]:
    """(exit code, what `--json` says), whatever becomes of the command."""
    try:
        with _settings_of(options.set):
            found = command.run(options)
            if isinstance(found, CommandResult):
                return found.exit_code, found.content
            asked = options.json and command.result is not None and found in (0, 1)
            return found, command.result(options) if asked and command.result else {}
    except TemplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2, error.describe()
    except KeyboardInterrupt:
        print(command.interrupted, file=sys.stderr)
        return 130, {"error": "KeyboardInterrupt", "what": "interrupted", "do": command.interrupted}
    except SystemExit as end:
        if end.code != TERMINATED:
            raise
        said = command.interrupted.replace("interrupted", "terminated", 1)
        print(said, file=sys.stderr)
        return TERMINATED, {"error": "SystemExit", "what": "terminated", "do": said}
    except CommandFailed as error:
        return 1, {"error": "CommandFailed", "what": str(error)}
    except Exception as error:
        if not options.json:
            raise
        traceback.print_exc()
        return 1, {"error": type(error).__name__, "what": str(error)}


def _settings_of(assignments):
    from contextlib import nullcontext

    if not assignments:
        return nullcontext()
    from ..settings.overrides import overriding, parse_overrides

    return overriding(parse_overrides(assignments))
