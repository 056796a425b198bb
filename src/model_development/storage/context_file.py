"""What this epoch writes into the context file: its own keys, atomically; all others stay."""

import json
from pathlib import Path

from ..errors import ArtifactsError, ContextError
from ..settings.context import read_raw_context
from .files import plain, write_text


def update_context(path, owned):
    """Merge the keys `owned` into the context file, atomically.

    The file is read again under a lock, so a key that another writer added meanwhile survives.
    """
    from filelock import FileLock, Timeout

    path = Path(path).resolve()
    try:
        with FileLock(f"{path}.lock", timeout=60):
            content = read_raw_context(path) | plain(owned)
            write_text(path, _context_json(content))
    except Timeout:
        raise ContextError(
            f"Another process has held {path.name}.lock for a minute. "
            "When none is running any more, delete that file and run again."
        ) from None
    except OSError as error:
        raise ArtifactsError(f"{path} cannot be written: {error.strerror or error}.") from error


def _context_json(content):
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can hold as an escape only
        return json.dumps(content, indent=2) + "\n"
    return text
