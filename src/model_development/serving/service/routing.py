"""What every route needs of a request, and how an answer becomes a response."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from .body import JSON, media_type, read_body
from .problems import PROBLEMS, Problem
from .request_record import IN_SCOPE, RequestRecord
from .strict_json import parse_json

if TYPE_CHECKING:
    from fastapi import FastAPI

    from .answering import Answering
    from .metrics import ServiceMetrics

PROBLEM_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
        "error": {"type": "string"},
        "error_code": {"type": "string"},
        "message": {"type": "string"},
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "errors", "error", "error_code", "message"],
}


@dataclass
class Service:
    """What routes share. is_ready : does the service take requests?"""

    answering: Answering
    metrics: ServiceMetrics
    is_ready: bool = False

    async def body(self, request: Request) -> Any:
        """The JSON of a request. Raises Problem."""
        media_type(request, (JSON,))
        return await self.answering.read(await read_body(request, self.answering.settings), parse_json)

    def require_rows(self, rows: list[Any]) -> None:
        """Raise Problem where there are too many rows, or some that are none of the model's."""
        most = self.answering.settings.max_rows
        if len(rows) > most:
            raise Problem(
                "too_many_rows", f"{len(rows):,} rows: {most:,} are allowed (MAX_ROWS). Send fewer at once."
            )
        self.answering.inputs.require(rows)


def record_of(request: Request) -> RequestRecord:
    """The record that the request has in its scope."""
    record: RequestRecord = request.scope[IN_SCOPE]
    return record


def json_response(content: Mapping[str, Any], status: int = 200) -> Response:
    """Strict JSON."""
    return Response(json.dumps(content, ensure_ascii=False, allow_nan=False), status, media_type=JSON)


def require_object(content: Any, keys: Iterable[str], needed: Collection[str] = ()) -> dict[str, Any]:
    """Return a body that is an object of known keys. Raises Problem for others."""
    from ...errors import did_you_mean
    from .strict_json import printable

    allowed = tuple(keys)
    if type(content) is not dict:
        raise Problem("invalid_request", f"The body must be an object with {', '.join(needed) or 'columns'}.")
    for key in content:
        if key not in allowed:
            hint = did_you_mean(key, allowed) if len(key) <= 100 else ""
            said = f"The body has the unknown key {printable(key)!r}.{hint} Known: {', '.join(allowed)}."
            raise Problem("invalid_request", said)
    missing = [key for key in needed if key not in content]
    if missing:
        raise Problem("invalid_request", f"The body lacks {', '.join(missing)}.")
    return content


def add_route(
    app: FastAPI,
    method: str,
    path: str,
    handler: Callable[..., Any],
    *,
    tag: str,
    response: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    media: str = JSON,
    in_path: Mapping[str, str] | None = None,
) -> None:
    """Add a documented route.

    response : JSON Schema. body : {media type: schema and example}. in_path : {part of the path: its value}.
    """
    documented: dict[int | str, dict[str, Any]] = {
        200: {"description": "answer", "content": {media: {"schema": dict(response or {})}}}
    }
    for status in sorted({kind.status for kind in PROBLEMS.values()}):
        described = "; ".join(kind.title for kind in PROBLEMS.values() if kind.status == status)
        documented[status] = {
            "description": described,
            "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}},
        }
    extra: dict[str, Any] = {} if body is None else {"requestBody": {"required": True, "content": dict(body)}}
    if in_path:
        extra["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": [value]}}
            for name, value in in_path.items()
        ]
    app.add_api_route(
        path,
        handler,
        methods=[method],
        tags=[tag],
        summary=(handler.__doc__ or "").strip().splitlines()[0],
        responses=documented,
        response_class=Response,
        openapi_extra=extra,
    )
