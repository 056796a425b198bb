"""The table of protocols. Adding one is one module, with `add_routes(table, service)`, and one row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import mlflow_scoring, open_inference, own, pages, status

if TYPE_CHECKING:
    from ..routing import RouteTable, Service

PROTOCOLS: dict[str, Callable[[RouteTable, Service], None]] = {
    "predictions": own.add_routes,
    "status": status.add_routes,
    "MLflow": mlflow_scoring.add_routes,
    "open inference": open_inference.add_routes,
    "pages": pages.add_routes,
}
