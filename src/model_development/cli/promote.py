"""The registry: which version is in production, and since when."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import SettingsError, did_you_mean
from .command import Command, CommandResult, add_context

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..promotion.promote import Production

ACTIONS = ("promote", "rollback", "status", "history")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", default="status", metavar="|".join(ACTIONS), help="default: status"
    )
    add_context(parser)
    parser.add_argument("--version", metavar="N", help="promote: which one (default: the newest)")
    parser.add_argument("--force", action="store_true", help="promote without a passed gate; needs --reason")
    parser.add_argument("--reason", metavar="TEXT", default="", help="stands in the log")
    parser.add_argument("--yes", action="store_true", help="do not ask, on a terminal")
    parser.add_argument("--at", metavar="DAY", help="history: what was in production then, 2026-11-24 (UTC)")


def run(options: Namespace) -> CommandResult:
    from ..promotion.promote import GateNotPassed, open_production
    from ..settings.context import read_context

    _require_sense(options)
    context = read_context(options.context)
    try:
        with open_production(context, register=options.action == "promote") as production:
            for sentence in production.said:
                print(sentence)
            text = _acted(options, production)
            print(text)
            champion, previous = production.aliases
    except GateNotPassed as problem:
        print(f"not promoted: {problem}", file=sys.stderr)
        return CommandResult(1, {"what": str(problem)})
    content = {"registered_model": context.experiment, "champion": champion, "previous": previous}
    return CommandResult(0, content | {"what": text})


def _require_sense(options: Namespace) -> None:
    if options.action not in ACTIONS:
        near = did_you_mean(options.action, ACTIONS)
        raise SettingsError(f"There is no action {options.action!r}.{near} Known: {', '.join(ACTIONS)}.")
    if options.force and not options.reason.strip():
        raise SettingsError(
            "--force needs --reason TEXT: why does a model go into production without the gate?"
        )
    if options.version is not None and not options.version.isdigit():
        raise SettingsError(f"--version {options.version!r} is no number of a version.")


def _acted(options: Namespace, production: Production) -> str:
    from ..promotion.overview import history_text, status_text
    from ..promotion.promote import promote, rollback

    if options.action == "status":
        return status_text(production)
    if options.action == "history":
        return history_text(production, options.at)
    if not _agreed(options, production):
        return "Nothing was changed."
    if options.action == "promote":
        return promote(production, options.version, force=options.force, reason=options.reason)
    return rollback(production, reason=options.reason)


def _agreed(options: Namespace, production: Production) -> bool:
    """Asked on a terminal alone: elsewhere nobody could answer."""
    if options.yes or not sys.stdin.isatty():
        return True
    what = f" version {options.version or 'the newest'}" if options.action == "promote" else ""
    return input(f"{options.action}{what} of {production.name}? [y/N] ").strip().lower() in ("y", "yes")


PROMOTE = Command(
    name="promote",
    help="the registry: promote, roll back, status, history",
    description="Say which version of the registered model is in production, change it, and see what was. "
    "A version is promoted once its gate was passed, or by --force with a reason. Exit code 1: the gate was "
    "not passed.",
    add_arguments=add_arguments,
    run=run,
    interrupted="interrupted: the next call completes what was begun.",
)
