"""What every route needs of a request, and how an answer becomes a response."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from .body import JSON, media_type, read_body
from .problems import Problem
from .request_record import IN_SCOPE, RequestRecord
from .strict_json import parse_json

if TYPE_CHECKING:
    from .answering import Answering
    from .metrics import ServiceMetrics

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class DocumentedRoute:
    """One route, with what its description says.

    response : JSON Schema, of a type `media`. body : {media type: schema and example}. in_path : {part of the
    path: its value}.
    """

    method: str
    path: str
    handler: Callable[[Request], Awaitable[Response]]
    tag: str
    response: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    media: str = JSON
    in_path: Mapping[str, str] = field(default_factory=dict)


RouteTable = list[DocumentedRoute]


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

    async def require_rows(self, rows: list[Any]) -> None:
        """Raise Problem where there are too many rows, or some that are none of the model's."""
        most = self.answering.settings.max_rows
        if len(rows) > most:
            raise Problem(
                "too_many_rows", f"{len(rows):,} rows: {most:,} are allowed (MAX_ROWS). Send fewer at once."
            )
        await self.answering.require(rows)


def record_of(request: Request) -> RequestRecord:
    """The record that the request has in its scope."""
    record: RequestRecord = request.scope[IN_SCOPE]
    return record


def json_response(content: Mapping[str, Any], status: int = 200) -> Response:
    """Strict JSON."""
    return Response(ENCODER.encode(content), status, media_type=JSON)


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
