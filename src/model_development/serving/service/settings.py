"""What may be set of a service, by environment variables; the table is the documentation."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import SettingsError

OPEN_ROUTES = ("/health", "/ready", "/ping", "/metrics", "/v2/health/live", "/v2/health/ready")
WORDS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True)
class ServiceSettings:
    """See SETTINGS for what each means."""

    api_keys: tuple[str, ...] = ()
    api_keys_file: Path | None = None
    open_routes: tuple[str, ...] = OPEN_ROUTES
    max_body_bytes: int = 8_000_000
    max_rows: int = 10_000
    max_waiting_batches: int = 32
    body_timeout: float = 30.0
    rate_limit: int = 0
    log_inputs: bool = False
    predictions_dir: Path | None = None
    record_inputs: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> ServiceSettings:
        """Read the variables that are set and not empty.

        Raises SettingsError that names every variable whose value is not allowed.
        """
        given = os.environ if environment is None else environment
        found, wrong = {}, []
        for setting in SETTINGS:
            text = given.get(setting.variable, "").strip()
            if not text:
                continue
            try:
                found[setting.variable.lower()] = setting.read(text)
            except ValueError as error:
                wrong.append(f"{setting.variable} is {text!r}: {error}")
        if wrong:
            raise SettingsError(f"{'; '.join(wrong)}. Correct the environment of the service.")
        return cls(**found)


@dataclass(frozen=True)
class Setting:
    """One environment variable. read : its text -> its value; raises ValueError that says what is allowed."""

    variable: str
    read: Callable[[str], Any]
    meaning: str


def _names(text):
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _yes_or_no(text):
    if text.lower() not in WORDS:
        raise ValueError("give true or false")
    return WORDS[text.lower()]


def _whole(low):
    def read(text):
        if not text.isascii() or not text.isdigit() or int(text) < low:
            raise ValueError(f"give a whole number of at least {low}")
        return int(text)

    return read


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not 0 < seconds < 86_400:
        raise ValueError("give a number of seconds above 0")
    return seconds


SETTINGS = (
    Setting(
        "API_KEYS",
        _names,
        "keys that are let in, as `ID:sha256:HASH`, separated by commas; none: everyone is",
    ),
    Setting("API_KEYS_FILE", Path, "file of such keys, one a line; read again when it changes"),
    Setting("OPEN_ROUTES", _names, "routes that need no key; `/docs,/openapi.json` may be added, say"),
    Setting("MAX_BODY_BYTES", _whole(1), "largest body of a request"),
    Setting("MAX_ROWS", _whole(1), "most rows of a request"),
    Setting("MAX_WAITING_BATCHES", _whole(1), "batches under way, above which further ones get 503"),
    Setting("BODY_TIMEOUT", _seconds, "seconds within which a body must have come"),
    Setting(
        "RATE_LIMIT",
        _whole(0),
        "requests a minute of each key (without keys: of each address), which each worker process counts "
        "for itself; 0: no limit",
    ),
    Setting("LOG_INPUTS", _yes_or_no, "write the rows of each request into its log line"),
    Setting(
        "PREDICTIONS_DIR", Path, "folder in which predictions are recorded, for monitoring; not set: none are"
    ),
    Setting("RECORD_INPUTS", _yes_or_no, "record the rows with the predictions"),
)
