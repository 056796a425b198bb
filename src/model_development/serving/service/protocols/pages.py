"""The description of the routes: /openapi.json for programs, and /docs for people."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..page import page_of
from ..routing import Service, add_route, json_response

if TYPE_CHECKING:
    from fastapi import FastAPI

TAG = "pages"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def add_routes(app: FastAPI, service: Service) -> None:
    """GET /docs, /openapi.json."""
    routes = _Routes(app, service)
    add_route(app, "GET", "/docs", routes.docs, tag=TAG, response={"type": "string"}, media="text/html")
    add_route(app, "GET", "/openapi.json", routes.openapi, tag=TAG, response={"type": "object"})


class _Routes:
    def __init__(self, app, service):
        self._app, self._service = app, service

    async def docs(self, request: Request) -> Response:
        """Show the routes, columns and problems, with examples that can be sent."""
        return HTMLResponse(self._page, headers={"Content-Security-Policy": POLICY})

    async def openapi(self, request: Request) -> Response:
        """Give the description of the routes as OpenAPI has it."""
        return json_response(self._app.openapi())

    @cached_property
    def _page(self):
        return page_of(self._app.openapi(), self._service.answering)
