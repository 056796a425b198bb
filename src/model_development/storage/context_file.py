"""What this epoch writes into the context file: its own keys, atomically; all others stay."""

import errno
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ArtifactsError, ContextError
from ..settings.context import read_raw_context
from .files import plain, write_text


def update_context(path: Path | str, owned: Mapping[str, Any]) -> None:
    """Merge the keys `owned` into the context file, atomically.

    The file is read again under a lock, so a key that another writer added meanwhile survives.
    """
    path = Path(path).resolve()
    with _writing(path):
        content = read_raw_context(path) | plain(owned)
        write_text(path, _context_json(content))


def require_writable(path: Path | str) -> None:
    """Raise ContextError or ArtifactsError where `update_context` would, before work has been paid for."""
    path = Path(path).resolve()
    with _writing(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is read-only")
        with tempfile.TemporaryFile(dir=path.parent):
            pass


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Be the only one that writes a context file, and say what is in the way."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(f"{path}.lock", timeout=60):
            yield
    except Timeout:
        raise ContextError(
            f"Another process has held {path.name}.lock for a minute. "
            "When none is running any more, delete that file and run again."
        ) from None
    except OSError as error:
        raise ArtifactsError(
            f"{path} cannot be written: {error.strerror or error} ({error.filename or path}). The outcome of "
            "a search goes there: make the file and its folder writable."
        ) from error


def _context_json(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can hold as an escape only
        return json.dumps(content, indent=2) + "\n"
    return text
