"""The service's own routes: one row, many rows, an explanation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from ....errors import DataError
from ..answering import prediction_ids
from ..body import JSON
from ..examples import example_row, row_schema
from ..problems import Problem
from ..routing import DocumentedRoute, RouteTable, Service, json_response, record_of, require_object

if TYPE_CHECKING:
    from ....row_plan.answer import Answer

TAG = "predictions"
ANSWER = {
    "type": "object",
    "properties": {
        "prediction": {"type": ["string", "number", "boolean"]},
        "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
        "interval": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "decision": {"type": ["string", "number", "boolean"]},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "model_version": {"type": "string"},
        "request_id": {"type": "string"},
    },
    "required": ["prediction", "warnings", "model_version", "request_id"],
}
ANSWERS = {
    "type": "object",
    "properties": {"predictions": {"type": "array", "items": ANSWER}},
    "required": ["predictions"],
}


def add_routes(table: RouteTable, service: Service) -> None:
    """POST /predict, /predict/batch, and /explain of a package with explanations."""
    routes = _Routes(service)
    inputs, reference = service.answering.inputs, service.answering.package.reference
    row, example = row_schema(inputs), example_row(inputs, reference)
    most = service.answering.settings.max_rows
    rows = {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": row, "description": f"at most {most:,} rows"}},
        "required": ["rows"],
        "additionalProperties": False,
    }
    one = {JSON: {"schema": row, "example": example}}
    many = {JSON: {"schema": rows, "example": {"rows": [example]}}}
    table.append(DocumentedRoute("POST", "/predict", routes.predict, tag=TAG, response=ANSWER, body=one))
    table.append(
        DocumentedRoute("POST", "/predict/batch", routes.predict_batch, tag=TAG, response=ANSWERS, body=many)
    )
    if service.answering.package.explain is not None:
        table.append(
            DocumentedRoute(
                "POST", "/explain", routes.explain, tag=TAG, response={"type": "object"}, body=one
            )
        )


class _Routes:
    def __init__(self, service):
        self._service, self._answering = service, service.answering
        self._version = service.answering.package.version

    async def predict(self, request: Request) -> Response:
        """Answer one row: an object of column: value.

        Columns that are left out count as missing. What is unusual about the row is in `warnings`.
        """
        row, record = await self._row(request), record_of(request)
        answer = await self._answering.one(row, record, "/predict")
        return json_response(self._content(answer, record.id))

    async def predict_batch(self, request: Request) -> Response:
        """Answer many rows: {"rows": [{column: value}, ...]}.

        Each answer has a `request_id` of its own: the request's, with the number of the row behind it.
        """
        content = require_object(await self._service.body(request), ("rows",), ("rows",))
        rows, record = content["rows"], record_of(request)
        if type(rows) is not list:
            raise Problem("invalid_request", "`rows` must be a list of objects of column: value.")
        await self._service.require_rows(rows)
        answers = await self._answering.many(rows, record, "/predict/batch")
        ids = prediction_ids(record, len(rows))
        return await self._answering.in_thread(partial(self._rendered, answers, ids))

    def _rendered(self, answers, ids):
        content = [self._content(answer, one) for answer, one in zip(answers, ids, strict=True)]
        return json_response({"predictions": content})

    def _content(self, answer: Answer, request_id: str) -> dict[str, Any]:
        content = answer.to_dict()
        content["model_version"], content["request_id"] = self._version, request_id
        return content

    async def explain(self, request: Request) -> Response:
        """Say what each column adds to the answer of one row."""
        row, record = await self._row(request), record_of(request)
        record.n_rows = 1
        try:
            found = await self._answering.explain(row)
        except DataError as error:
            raise Problem("invalid_rows", str(error)) from None
        return json_response(found | {"model_version": self._version, "request_id": record.id})

    async def _row(self, request):
        row = await self._service.body(request)
        if type(row) is not dict:
            raise Problem("invalid_request", "The body must be one object of column: value.")
        self._answering.inputs.require([row], is_batch=False)
        return row
