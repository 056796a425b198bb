"""What is asked about the service itself: is it alive and ready, what does it take, what has it counted?"""

from __future__ import annotations

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from .. import metric_names as m
from ..examples import described_columns, example_row
from ..problems import Problem
from ..routing import DocumentedRoute, RouteTable, Service, json_response

TAG = "status"
OBJECT = {"type": "object"}


def add_routes(table: RouteTable, service: Service) -> None:
    """GET /schema, /health, /ready, /metrics."""
    routes = _Routes(service)
    table.append(DocumentedRoute("GET", "/schema", routes.schema, tag=TAG, response=OBJECT))
    table.append(DocumentedRoute("GET", "/health", routes.health, tag=TAG, response=OBJECT))
    table.append(DocumentedRoute("GET", "/ready", routes.ready, tag=TAG, response=OBJECT))
    text: dict[str, Any] = {"response": {"type": "string"}, "media": "text/plain"}
    table.append(DocumentedRoute("GET", "/metrics", routes.metrics, tag=TAG, **text))


def require_ready(service: Service) -> None:
    """Raise Problem unless the service takes requests."""
    if not service.is_ready:
        raise Problem("not_ready", "The service is starting, or is being stopped.")


class _Routes:
    def __init__(self, service):
        self._service, package = service, service.answering.package
        inputs, model = service.answering.inputs, package.model.model
        self._named = {"model": package.name, "version": package.version}
        self._schema = self._named | {
            "algorithm": model.model_name,
            "classes": model.target_.classes.tolist() if model.target_.has_classes else None,
            "decision_policy": list(package.policy),
            "columns": described_columns(inputs, package.reference),
            "unknown_columns": "refused",
            "missing_columns": "count as missing values",
            "example": example_row(inputs, package.reference),
        }

    async def schema(self, request: Request) -> Response:
        """List the columns that the model takes, their types, levels and ranges, and its classes."""
        return json_response(self._schema)

    async def health(self, request: Request) -> Response:
        """Say that the process is alive."""
        return json_response({"status": "ok"} | self._named)

    async def ready(self, request: Request) -> Response:
        """Say whether the service takes requests."""
        require_ready(self._service)
        return json_response({"status": "ready"} | self._named)

    async def metrics(self, request: Request) -> Response:
        """Give the counts in the text format of Prometheus."""
        recorder = self._service.answering.recorder
        if recorder is not None:
            self._service.metrics.of(m.NOT_RECORDED).set(recorder.n_dropped)
        return Response(self._service.metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})
