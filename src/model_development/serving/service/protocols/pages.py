"""The description of the routes: /openapi.json for programs, and /docs for people."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..description import describe
from ..page import page_of
from ..routing import DocumentedRoute, RouteTable, Service, json_response

TAG = "pages"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def add_routes(table: RouteTable, service: Service) -> None:
    """GET /docs, /openapi.json."""
    routes = _Routes(table, service)
    page: dict[str, Any] = {"response": {"type": "string"}, "media": "text/html"}
    table.append(DocumentedRoute("GET", "/docs", routes.docs, tag=TAG, **page))
    table.append(
        DocumentedRoute("GET", "/openapi.json", routes.openapi, tag=TAG, response={"type": "object"})
    )


class _Routes:
    def __init__(self, table: RouteTable, service: Service) -> None:
        self._table, self._answering = table, service.answering

    async def docs(self, request: Request) -> Response:
        """Show the routes, columns and problems, with examples that can be sent."""
        page = await self._answering.in_thread(lambda: self._page)
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})

    async def openapi(self, request: Request) -> Response:
        """Give the description of the routes as OpenAPI has it."""
        return json_response(await self._answering.in_thread(lambda: self._description))

    @cached_property
    def _description(self) -> dict[str, Any]:
        return describe(self._answering.package, self._table)

    @cached_property
    def _page(self) -> str:
        return page_of(self._description, self._answering)
