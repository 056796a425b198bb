"""What is noted of a request on its way, for its log line and the metrics."""

from __future__ import annotations

import re
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

VALID_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
IN_SCOPE = "model_development.request"  # where the request's scope has its record


@dataclass
class RequestRecord:
    """id : X-Request-ID where it is short and plain, else a new one. key_id : of the API key.

    n_rows : rows that were answered. problem : one of PROBLEMS, "" where there was none. inputs : rows, where
    they are to be logged. traceback : of an error that nobody expected. status : of the response. route :
    that answered without the router.
    """

    id: str
    key_id: str = ""
    n_rows: int = 0
    problem: str = ""
    inputs: Any = None
    traceback: str = ""
    status: int = 0
    route: str = ""


def header(scope: MutableMapping[str, Any], name: bytes) -> bytes:
    """The first header of a name in small letters; empty where there is none."""
    return next((value for key, value in scope["headers"] if key == name), b"")


def new_record(scope: MutableMapping[str, Any]) -> RequestRecord:
    """Begin the record of a request, in its scope."""
    given = header(scope, b"x-request-id")
    made = given.decode("ascii") if VALID_ID.fullmatch(given) else secrets.token_hex(16)
    scope[IN_SCOPE] = record = RequestRecord(made)
    return record
