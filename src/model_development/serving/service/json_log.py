"""Logs as one JSON object a line, on the standard output, where containers expect them."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO


class JsonLog:
    """stream : None is the standard output of the moment."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def write(self, **members: Any) -> None:
        """Write one line; a reader who has gone away is no reason to fail."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": "info"} | members
        try:
            stream = self._stream or sys.stdout
            stream.write(json.dumps(line, ensure_ascii=True, default=str) + "\n")
            stream.flush()
        except (OSError, ValueError):
            pass


class JsonFormatter(logging.Formatter):
    """The server's own messages, of start and stop, in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as a line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": "server",
            "detail": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


SERVER_LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": f"{__name__}.JsonFormatter"}},
    "handlers": {
        "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
    },
    "loggers": {"uvicorn": {"handlers": ["out"], "level": "INFO", "propagate": False}},
}
