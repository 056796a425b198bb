"""Around every request: its id, who asks, how long it took, what became of it; plain ASGI, for speed."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request

from . import metric_names as m
from .problems import Problem
from .request_record import RequestRecord, header, new_record

if TYPE_CHECKING:
    from .json_log import JsonLog
    from .keys import Keys
    from .metrics import ServiceMetrics
    from .rate import RateLimit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Key = tuple[str, str]
Handler = Callable[[Request], Awaitable[Any]]
METHODS = frozenset(("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))
GONE = 499  # status in logs of a request whose client went away


class Guard:
    """Lets a request in, or raises Problem. open_routes : need no key, and are not counted."""

    def __init__(self, keys: Keys, rate: RateLimit, open_routes: tuple[str, ...]) -> None:
        self._keys, self._rate, self._open = keys, rate, frozenset(open_routes)

    def admit(self, scope: Scope, record: RequestRecord) -> None:
        """Find out whose key it is; count the request."""
        if scope["path"] in self._open:
            return
        if not self._keys.are_needed:
            self._rate.admit((scope.get("client") or ("unknown",))[0])
            return
        key = header(scope, b"x-api-key")
        found = self._keys.id_of(key) if key else None
        if found is None:
            said = "is not known" if key else "is missing"
            raise Problem(
                "unauthorized",
                f"The API key {said}. Send it in the header X-API-Key.",
                headers={"WWW-Authenticate": 'ApiKey realm="model"'},
            )
        record.key_id = found
        self._rate.admit(found)


class ObservedApp:
    """An ASGI application around another.

    direct : {(method, path): handler} of routes that are asked here at once: the way to them through a router
    and its layers costs as much as an answer. All others, and all that is wrong with a method or path, are
    the inner application's.
    """

    def __init__(
        self, app: Any, guard: Guard, metrics: ServiceMetrics, log: JsonLog, direct: Mapping[Key, Handler]
    ) -> None:
        self.app, self._guard, self._metrics, self._log = app, guard, metrics, log
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; nothing that happens to it comes out as an exception."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        record, began = new_record(scope), perf_counter()

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                ours = ((b"x-request-id", record.id.encode()), (b"x-content-type-options", b"nosniff"))
                message["headers"] = [*message.get("headers", ()), *ours]
            await send(message)

        self._metrics.of(m.IN_PROGRESS).inc()
        try:
            await self._answer(scope, receive, send_noted, record)
        finally:
            self._metrics.of(m.IN_PROGRESS).dec()
            self._note(scope, record, perf_counter() - began)

    async def _answer(self, scope, receive, send, record):
        try:
            self._guard.admit(scope, record)
            handler = self._direct.get((scope["method"], scope["path"]))
            if handler is None:
                await self.app(scope, receive, send)
                return
            record.route = scope["path"]
            response = await handler(Request(scope, receive))
            await response(scope, receive, send)
        except Problem as problem:
            record.problem = problem.name
            await problem.response(record.id)(scope, receive, send)
        except ClientDisconnect:
            record.status = GONE
        except Exception:
            record.problem, record.traceback = "internal_error", traceback.format_exc()
            if not record.status:
                said = f"The service failed. Its log has the reason, by the request id {record.id}."
                await Problem("internal_error", said).response(record.id)(scope, receive, send)

    def _note(self, scope, record, seconds):
        route = record.route or getattr(scope.get("route"), "path", "(none)")
        method = scope["method"] if scope["method"] in METHODS else "(other)"
        status = record.status or GONE
        self._metrics.of(m.REQUESTS, route, method, str(status)).inc()
        self._metrics.of(m.DURATION, route).observe(seconds)
        if record.problem:
            self._metrics.of(m.PROBLEMS, record.problem).inc()
        line = {
            "event": "request",
            "request_id": record.id,
            "method": method,
            "route": route,
            "status": status,
            "seconds": round(seconds, 6),
            "key_id": record.key_id or None,
            "rows": record.n_rows,
        }
        extra = {"problem": record.problem, "inputs": record.inputs, "traceback": record.traceback}
        level = {"level": "error"} if record.traceback else {}
        self._log.write(**line, **{name: part for name, part in extra.items() if part}, **level)
