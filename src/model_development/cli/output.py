"""Where a command's words go: standard output, nowhere, or beside the one JSON object."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any


@contextmanager
def diverted(*, json: bool, quiet: bool) -> Iterator[None]:
    """Send what is printed to standard error (json) or nowhere (quiet), what libraries print in C as well."""
    if not (json or quiet):
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        stream = nowhere if quiet else sys.stderr
        with _descriptor_to(nowhere.fileno() if quiet else 2), redirect_stdout(stream):
            yield


@contextmanager
def _descriptor_to(other: int) -> Iterator[None]:
    """Let descriptor 1, which child processes inherit, lead to another one."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(other, 1)
    except (OSError, ValueError):  # there is none, as under some servers
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def print_json(content: Mapping[str, Any]) -> None:
    """Print one strict JSON object on standard output."""
    from ..storage.files import to_json

    with suppress(BrokenPipeError):
        sys.stdout.write(to_json(content))
        sys.stdout.flush()
