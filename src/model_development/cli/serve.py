"""Serve a package over HTTP, or make an API key for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ArtifactsError, SettingsError
from .command import Command, CommandResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--package", metavar="DIR", help="folder that `package` wrote (default: model_package)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="default: 8000")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument(
        "--new-key",
        nargs="?",
        const="",
        metavar="ID",
        help="print a new API key, and the line with its hash for API_KEYS_FILE; nothing is served",
    )


def run(options: Namespace) -> CommandResult:
    if options.new_key is not None:
        return _print_key(options.new_key)
    if not 0 < options.port < 65_536 or options.workers < 1:
        raise SettingsError("--port must be from 1 to 65535, --workers at least 1.")
    try:
        from ..serving.service.running import serve
    except ImportError as error:
        raise ArtifactsError(
            f"{error}. The service needs more packages: pip install 'model-development[serve]'"
        ) from error
    serve(options.package or "model_package", options.host, options.port, options.workers)
    return CommandResult(0)


def _print_key(key_id: str) -> CommandResult:
    from ..serving.service.keys import new_key

    key, line = new_key(key_id or None)
    print(f"The key, which is kept nowhere; its client sends it as X-API-Key:\n{key}")
    print(f"Its line for API_KEYS_FILE (or API_KEYS):\n{line}")
    return CommandResult(0, {"key": key, "line": line})


SERVE = Command(
    name="serve",
    help="answer requests over HTTP with a package",
    description="Serve a model package: POST /predict and more, which GET /docs of the service lists. "
    "Settings come from the environment, see docs/serving.md. With --new-key, make an API key.",
    add_arguments=add_arguments,
    run=run,
    interrupted="stopped",
    examples=(
        "model-development serve --package model_package --port 8000",
        "model-development serve --new-key team-a",
    ),
)
