"""API keys: hashed where they are kept, compared in constant time, changed without a restart.

A key is 256 random bits, so one round of SHA-256 is enough: slow hashes protect words that people think up,
which can be guessed; they would cost each request milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SettingsError

if TYPE_CHECKING:
    from .json_log import JsonLog
    from .settings import ServiceSettings

LINE = re.compile(r"(?P<id>[A-Za-z0-9._-]{1,40}):sha256:(?P<hash>[0-9a-fA-F]{64})")
HOW = "A key is a line ID:sha256:HASH; `model-development serve --new-key` makes one."


def new_key(key_id: str | None = None) -> tuple[str, str]:
    """Return a key, and the line that lets it in. Raises SettingsError for an id that is none."""
    key = f"mdk_{secrets.token_urlsafe(32)}"
    line = f"{key_id or secrets.token_hex(4)}:sha256:{hashlib.sha256(key.encode()).hexdigest()}"
    parse_keys([line], "--key-id")
    return key, line


def parse_keys(lines: Iterable[str], where: str) -> dict[str, bytes]:
    """Return {id: hash}; empty lines and those that begin with # are left out.

    Raises SettingsError, which repeats no line, as it may be a key itself.
    """
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None or match["id"] in found:
            wrong = "is no hashed key" if match is None else f"has the id {match['id']!r} a second time"
            raise SettingsError(f"Entry {number} of {where} {wrong}. {HOW}")
        found[match["id"]] = bytes.fromhex(match["hash"])
    return found


class Keys:
    """Those of API_KEYS, and those of the file as it is now; raises SettingsError for what are none."""

    def __init__(self, settings: ServiceSettings, log: JsonLog) -> None:
        self._fixed = parse_keys(settings.api_keys, "API_KEYS")
        self._file, self._log = settings.api_keys_file, log
        self._of_file: dict[str, bytes] = {}
        self._state: tuple[int, ...] = ()
        self.are_needed = bool(self._fixed) or self._file is not None
        if self._file is not None:
            self._of_file, self._state = read_keys(self._file), _state(self._file)
            if not self._fixed and not self._of_file:
                raise SettingsError(f"{self._file} holds no key. {HOW}")

    def id_of(self, key: bytes) -> str | None:
        """The id of a key; None for one that is not known. The time it takes tells nothing of known ones."""
        self._read_again()
        digest, found = hashlib.sha256(key).digest(), None
        for key_id, known in (self._fixed | self._of_file).items():
            if hmac.compare_digest(digest, known):
                found = key_id
        return found

    def _read_again(self):
        """A file that is gone, cannot be read, or is half written, leaves the keys as they are."""
        if self._file is None or (state := _state(self._file)) == self._state:
            return
        self._state = state
        try:
            self._of_file = read_keys(self._file)
        except SettingsError as error:
            self._log.write(event="keys_not_read", level="error", detail=str(error))
        else:
            self._log.write(event="keys_read", keys=sorted(self._of_file))


def read_keys(path: Path) -> dict[str, bytes]:
    """Return the {id: hash} of a file. Raises SettingsError where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"API_KEYS_FILE {path} cannot be read: {error}. {HOW}") from None
    return parse_keys(lines, str(path))


def _state(path):
    """What changes when a file is written anew, or another takes its place; () where there is none."""
    try:
        seen = path.stat()
    except OSError:
        return ()
    return seen.st_mtime_ns, seen.st_size, seen.st_ino
