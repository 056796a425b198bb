"""MLflow's scoring protocol: what its clients and load balancers send to a model server."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..body import CSV, JSON, media_type, read_body
from ..examples import example_row, row_schema
from ..problems import Problem
from ..routing import DocumentedRoute, RouteTable, Service, json_response, record_of, require_object
from ..strict_json import parse_json
from .status import require_ready
from .tables import as_rows

TAG = "MLflow"
FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
METHODS = {  # of `params.predict_method`, as our models in MLflow have them -> what of an answer is given
    "predict": lambda answer: answer.prediction,
    "predict_proba": lambda answer: list((answer.probabilities or {}).values()),
    "decide": lambda answer: answer.decision,
}
ANSWER = {"type": "object", "properties": {"predictions": {"type": "array"}}, "required": ["predictions"]}


SPLIT = {
    "type": "object",
    "properties": {
        "columns": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "data": {"type": "array", "items": {"type": "array"}},
        "index": {"type": "array"},
    },
    "required": ["columns", "data"],
    "additionalProperties": False,
}


def add_routes(table: RouteTable, service: Service) -> None:
    """POST /invocations, GET /ping, /version."""
    routes = _Routes(service)
    example = example_row(service.answering.inputs, service.answering.package.reference)
    rows = {"type": "array", "items": row_schema(service.answering.inputs)}
    formats = {"dataframe_split": SPLIT, **dict.fromkeys(FORMATS[1:], rows)}
    taken = {
        JSON: {
            "schema": {"oneOf": [_only(name, schema) for name, schema in formats.items()]},
            "example": {"dataframe_records": [example]},
        },
        CSV: {"schema": {"type": "string"}, "example": _as_csv(example)},
    }
    table.append(
        DocumentedRoute("POST", "/invocations", routes.invocations, tag=TAG, response=ANSWER, body=taken)
    )
    table.append(DocumentedRoute("GET", "/ping", routes.ping, tag=TAG, response={}, media="text/plain"))
    version: dict[str, Any] = {"response": {"type": "string"}, "media": "text/plain"}
    table.append(DocumentedRoute("GET", "/version", routes.version, tag=TAG, **version))


def _only(name, schema):
    """JSON Schema of a body with this format."""
    params = {"type": "object", "properties": {"predict_method": {"type": "string", "enum": list(METHODS)}}}
    properties = {name: schema, "params": params | {"additionalProperties": False}}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


class _Routes:
    def __init__(self, service):
        self._service, self._answering = service, service.answering

    async def invocations(self, request: Request) -> Response:
        """Answer rows in one of MLflow's formats, or CSV.

        `params.predict_method` is "predict" (also without it), "predict_proba" or "decide".
        """
        kind = media_type(request, (JSON, CSV))
        body = await read_body(request, self._answering.settings)
        content = await self._answering.read(body, {JSON: _parsed, CSV: _of_csv}[kind])
        rows, method = content
        await self._service.require_rows(rows)
        give = self._method(method)
        record, is_csv = record_of(request), kind == CSV
        answers = await self._answering.many(rows, record, "/invocations", from_text=is_csv)
        return await self._answering.in_thread(partial(_rendered, answers, give))

    def _method(self, method):
        model = self._answering.package.model.model
        has_classes = model.target_.has_classes
        can = {"predict": True, "predict_proba": has_classes, "decide": model.decision_policy_ is not None}
        allowed = [name for name, is_able in can.items() if is_able]
        if method not in allowed:
            said = f"`params.predict_method` must be one of: {', '.join(allowed)}."
            raise Problem("invalid_request", said)
        return METHODS[method]

    async def ping(self, request: Request) -> Response:
        """Say that the service takes requests, with an empty body."""
        require_ready(self._service)
        return Response("", media_type="text/plain")

    async def version(self, request: Request) -> Response:
        """Give the version of the model."""
        return Response(self._answering.package.version, media_type="text/plain")


def _parsed(body):
    """(rows, method) of a JSON body."""
    content = require_object(parse_json(body, takes_nan=True), (*FORMATS, "params"))
    given = [name for name in FORMATS if name in content]
    if len(given) != 1:
        raise Problem("invalid_request", f"The body must have exactly one of: {', '.join(FORMATS)}.")
    params = {} if content.get("params") is None else content["params"]
    if type(params) is not dict or not set(params) <= {"predict_method"}:
        raise Problem("invalid_request", "`params` may have the key `predict_method` alone.")
    return as_rows(given[0], content[given[0]]), params.get("predict_method", "predict")


def _of_csv(body):
    """(rows, method) of a CSV with a head; an empty cell is a missing value."""
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Problem("malformed_body", f"The body is no CSV in UTF-8: {error}.") from None
    lines = [line for line in lines if line]
    if not lines:
        raise Problem("malformed_body", "The CSV has no head that names the columns.")
    head, *rows = lines
    if not rows:
        raise Problem("malformed_body", "The CSV has a head that names columns, and no rows.")
    wrong = next((number for number, row in enumerate(rows) if len(row) != len(head)), None)
    if wrong is not None:
        said = f"Row {wrong} has {len(rows[wrong])} cells, the head {len(head)} columns."
        raise Problem("malformed_body", said)
    if len(set(head)) < len(head):
        raise Problem("malformed_body", "The head names a column twice.")
    return [{name: cell or None for name, cell in zip(head, row, strict=True)} for row in rows], "predict"


def _as_csv(row):
    text = io.StringIO()
    csv.writer(text).writerows([row.keys(), row.values()])
    return text.getvalue()


def _rendered(answers: list[Any], give: Any) -> Response:
    return json_response({"predictions": [give(answer) for answer in answers]})
