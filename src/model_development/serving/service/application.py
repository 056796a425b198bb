"""The application of one package."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...errors import DataError
from ...late import load_late
from . import metric_names as m
from .answering import Answering
from .examples import example_row
from .input_schema import InputSchema
from .json_log import JsonLog
from .keys import Keys
from .metrics import ServiceMetrics
from .observing import Guard, ObservedApp
from .problems import Problem
from .protocols.table import PROTOCOLS
from .rate import RateLimit
from .routing import DocumentedRoute, RouteTable, Service, record_of
from .settings import ServiceSettings

if TYPE_CHECKING:
    from ..package.opening import ServedPackage

SWITCH_S = (
    0.0005  # a batch in its thread gives way to single rows after so long; Python's own is ten times that
)


def make_app(
    package: ServedPackage, settings: ServiceSettings | None = None, log: JsonLog | None = None
) -> Starlette:
    """Return the service of an opened package.

    settings : None reads them from the environment. log : None writes to the standard output.
    Raises SettingsError for API keys that are none.
    """
    settings = ServiceSettings.from_environment() if settings is None else settings
    log = JsonLog() if log is None else log
    keys = Keys(settings, log)
    policy = package.model.model.decision_policy_
    beside = package.metadata.get("other_columns", ())
    inputs = InputSchema(package.model.model.schema_, policy.columns if policy else (), beside)
    metrics = _metrics(package)
    answering = Answering(package, inputs, settings, metrics, _recorder(package, settings))
    service, table = Service(answering, metrics), RouteTable()
    for add_routes in PROTOCOLS.values():
        add_routes(table, service)
    guard = Guard(keys, RateLimit(settings.rate_limit), settings.open_routes)
    direct = {(route.method, route.path): route.handler for route in table if not route.in_path}
    observed = Middleware(ObservedApp, guard=guard, metrics=metrics, log=log, direct=direct)
    app = Starlette(
        routes=[_routed(route) for route in table],
        middleware=[observed],
        exception_handlers=HANDLERS,
        lifespan=_lifespan(service, keys, log),
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


def _routed(route: DocumentedRoute) -> Route:
    """It takes its own method, and not HEAD where that is GET."""
    made = Route(route.path, route.handler, methods=[route.method])
    made.methods = {route.method}
    return made


def _metrics(package):
    model, reference = package.model.model, package.reference
    classes = [str(label) for label in model.target_.classes.tolist()] if model.target_.has_classes else []
    known = {} if reference is None else reference.predictions
    edges = known["prediction"].edges if "prediction" in known else ()
    metrics = ServiceMetrics(classes, [column.name for column in model.schema_.columns], edges)
    metrics.of(m.INFO, package.name, package.version, model.model_name).set(1)
    metrics.of(m.READY).set(0)
    return metrics


def _recorder(package, settings):
    if settings.predictions_dir is None:
        return None
    from ...monitoring.prediction_log import PredictionLog

    return PredictionLog(settings.predictions_dir, settings.record_inputs, model_version=package.version)


def _lifespan(service: Service, keys: Keys, log: JsonLog) -> Any:
    """Ready after a first answer, which loads what is loaded late; not ready any more from the stop on."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        package = service.answering.package
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        _warm_up(service, package)
        if not keys.are_needed:
            log.write(event="no_keys", level="warning", detail="No API keys are set: everyone is answered.")
        service.is_ready = True
        service.metrics.of(m.READY).set(1)
        log.write(
            event="ready", model=package.name, version=package.version, row_plan=package.model.uses_plan
        )
        service.answering.beside(load_late)  # for values that a plan reads through a table
        yield
        service.is_ready = False
        service.metrics.of(m.READY).set(0)
        service.answering.close()
        service.metrics.close()
        sys.setswitchinterval(before)
        log.write(event="stopped")

    return lifespan


def _warm_up(service, package):
    with suppress(DataError):  # the policy may refuse the amount of a row that is made up
        package.model.answer(example_row(service.answering.inputs, package.reference))


async def _problem(request: Request, problem: Problem) -> Response:
    record = record_of(request)
    record.problem = problem.name
    return problem.response(record.id)


async def _http_error(request: Request, error: HTTPException) -> Response:
    """What the router says: no such route, no such method."""
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        said = f"This route takes {allowed or 'another method'}."
        return await _problem(request, Problem("method_not_allowed", said, headers=error.headers))
    if error.status_code == 404:
        return await _problem(request, Problem("not_found", "No such route. GET /docs lists them all."))
    return await _problem(request, Problem("invalid_request", str(error.detail)))


HANDLERS: dict[Any, Any] = {
    Problem: _problem,
    HTTPException: _http_error,
}
