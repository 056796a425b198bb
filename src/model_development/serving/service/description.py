"""The routes as OpenAPI describes them, for people and programs; made when somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .problems import PROBLEMS

if TYPE_CHECKING:
    from ..package.opening import ServedPackage
    from .routing import DocumentedRoute, RouteTable

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


def describe(package: ServedPackage, table: RouteTable) -> dict[str, Any]:
    """Return the description that FastAPI writes of the routes.

    FastAPI is imported here and not before: that takes as long as all else of the service, and its layers
    around a request as long as an answer.
    """
    from fastapi import FastAPI

    app = FastAPI(
        title=package.name,
        version=package.version,
        description=f"Predictions of {package.name}, version {package.version}.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    for route in table:
        _add(app, route)
    return app.openapi()


def _add(app: Any, route: DocumentedRoute) -> None:
    from starlette.responses import Response

    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": "answer", "content": {route.media: {"schema": dict(route.response)}}}
    }
    for status in sorted({kind.status for kind in PROBLEMS.values()}):
        described = "; ".join(kind.title for kind in PROBLEMS.values() if kind.status == status)
        responses[status] = {
            "description": described,
            "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}},
        }
    body = {"requestBody": {"required": True, "content": dict(route.body)}} if route.body else {}
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": [value]}}
        for name, value in route.in_path.items()
    ]
    app.add_api_route(
        route.path,
        route.handler,
        methods=[route.method],
        tags=[route.tag],
        summary=(route.handler.__doc__ or "").strip().splitlines()[0],
        responses=responses,
        response_class=Response,
        openapi_extra=body | ({"parameters": named} if named else {}),
    )
