"""The open inference protocol, version 2, as KServe and Triton speak it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from ..body import JSON, media_type, read_body
from ..examples import example_row
from ..problems import Problem
from ..request_record import header
from ..routing import DocumentedRoute, RouteTable, Service, json_response, record_of, require_object
from ..strict_json import parse_json, printable
from .status import require_ready
from .tensors import datatype_of, rows_of, tensor

if TYPE_CHECKING:
    from ....row_plan.answer import Answer

TAG = "open inference"
OBJECT = {"type": "object"}
MODEL = "/v2/models/{name}"
INFER = f"{MODEL}/infer"
HEADER_LENGTH = b"inference-header-content-length"  # bytes of JSON, of a body that has others behind it
BINARY = "application/octet-stream"
DATATYPES = {"number": "FP64", "date": "BYTES", "category": "BYTES", "text": "BYTES"}
REQUEST: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "parameters": OBJECT,
        "inputs": {"type": "array", "items": OBJECT},
        "outputs": {"type": "array", "items": OBJECT},
    },
    "required": ["inputs"],
    "additionalProperties": False,
}


def add_routes(table: RouteTable, service: Service) -> None:
    """GET /v2, /v2/health/..., /v2/models/{name}, POST /v2/models/{name}/infer."""
    routes = _Routes(service)
    example = example_row(service.answering.inputs, service.answering.package.reference)
    body = {JSON: {"schema": REQUEST, "example": {"inputs": [tensor(n, [v]) for n, v in example.items()]}}}
    named = {"name": service.answering.package.name}
    for path, handler in (
        ("/v2", routes.server),
        ("/v2/health/live", routes.live),
        ("/v2/health/ready", routes.ready),
        (MODEL, routes.model),
        (f"{MODEL}/ready", routes.model_ready),
    ):
        in_path = named if path.startswith(MODEL) else {}
        table.append(DocumentedRoute("GET", path, handler, tag=TAG, response=OBJECT, in_path=in_path))
    table.append(
        DocumentedRoute("POST", INFER, routes.infer, tag=TAG, response=OBJECT, body=body, in_path=named)
    )


class _Routes:
    def __init__(self, service):
        self._service, self._answering = service, service.answering
        self._package = service.answering.package

    async def server(self, request: Request) -> Response:
        """Describe the server."""
        version = {"name": "model-development", "version": self._package.version}
        return json_response(version | {"extensions": ["binary_tensor_data"]})

    async def live(self, request: Request) -> Response:
        """Say that the process is alive."""
        return json_response({"live": True})

    async def ready(self, request: Request) -> Response:
        """Say whether the service takes requests."""
        require_ready(self._service)
        return json_response({"ready": True})

    async def model(self, request: Request) -> Response:
        """Describe the model: a tensor of each column, and those that come out."""
        self._require(request)
        columns = [column for column in self._answering.inputs.columns if column.kind != "dropped"]
        inputs = [{"name": c.name, "datatype": DATATYPES[c.kind], "shape": [-1]} for c in columns]
        classes = self._package.model.model.target_.classes.tolist() if self._has_classes else []
        return json_response(
            {
                "name": self._package.name,
                "versions": [self._package.version],
                "platform": self._package.model.model.model_name,
                "inputs": inputs,
                "outputs": self._outputs(classes),
                "parameters": {"classes": ", ".join(map(str, classes))} if classes else {},
            }
        )

    async def model_ready(self, request: Request) -> Response:
        """Say whether the model takes requests."""
        self._require(request)
        require_ready(self._service)
        return json_response({"name": self._package.name, "ready": True})

    async def infer(self, request: Request) -> Response:
        """Answer rows that come as one tensor for each column.

        `outputs` may name those that are wanted; "warnings" among them gives the warnings of each row.
        """
        self._require(request)
        media_type(request, (JSON, BINARY), default=JSON)
        body = await read_body(request, self._answering.settings)
        content, rows = await self._answering.read(
            body, partial(_parsed, size=header(request.scope, HEADER_LENGTH))
        )
        wanted = self._wanted(content.get("outputs"))
        await self._service.require_rows(rows)
        record = record_of(request)
        answers = await self._answering.many(rows, record, INFER)
        named = {"model_name": self._package.name, "model_version": self._package.version}
        named["id"] = content.get("id", record.id)
        return await self._answering.in_thread(partial(_rendered, answers, wanted, named))

    @property
    def _has_classes(self):
        return self._package.model.model.target_.has_classes

    def _outputs(self, classes):
        """What comes out without being asked for by name, as the metadata have it."""
        kind = datatype_of(classes) if classes else "FP64"
        found = [{"name": "prediction", "datatype": kind, "shape": [-1]}]
        if classes:
            found.append({"name": "probabilities", "datatype": "FP64", "shape": [-1, len(classes)]})
        elif self._package.model.model.uncertainty_ is not None:
            found.append({"name": "interval", "datatype": "FP64", "shape": [-1, 2]})
        if self._package.model.model.decision_policy_ is not None:
            found.append({"name": "decision", "datatype": kind, "shape": [-1]})
        return found

    def _require(self, request):
        name = request.path_params["name"]
        if name != self._package.name:
            said = f"No model is called {printable(name)!r}. Served is {self._package.name!r}."
            raise Problem("unknown_model", said)

    def _wanted(self, outputs):
        if outputs is None or outputs == []:
            return None
        known = (*OUTPUTS, "warnings")
        names = (
            [part.get("name") if type(part) is dict else None for part in outputs]
            if type(outputs) is list
            else [None]
        )
        if not all(type(name) is str and name in known for name in names):
            raise Problem(
                "invalid_request",
                f"`outputs` must be a list of objects with a `name` of: {', '.join(known)}.",
            )
        return names


OUTPUTS = {  # name -> what an answer has of it, None where it has none
    "prediction": lambda answer: answer.prediction,
    "probabilities": lambda answer: (
        None if answer.probabilities is None else list(answer.probabilities.values())
    ),
    "interval": lambda answer: None if answer.interval is None else list(answer.interval),
    "decision": lambda answer: answer.decision,
}


def _parsed(body: bytes, size: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(the JSON, its rows) of a body."""
    if size and not (size.isdigit() and len(size) < 20 and int(size) <= len(body)):
        raise Problem("malformed_body", "Inference-Header-Content-Length is no number of bytes of the body.")
    end = int(size) if size else len(body)
    content = require_object(parse_json(body[:end]), REQUEST["properties"], ("inputs",))
    if type(content.get("id", "")) is not str:
        raise Problem("invalid_request", "`id` must be a text.")
    return content, rows_of(content["inputs"], body[end:])


def _rendered(answers: list[Answer], wanted: list[str] | None, named: dict[str, Any]) -> Response:
    outputs = []
    for name, give in OUTPUTS.items():
        values = [give(answer) for answer in answers]
        is_there = bool(values) and values[0] is not None
        if is_there and (wanted is None or name in wanted):
            outputs.append(tensor(name, values, len(values[0]) if type(values[0]) is list else 0))
    if wanted is not None and "warnings" in wanted:
        outputs.append(tensor("warnings", [" ".join(answer.warnings) for answer in answers]))
    return json_response(named | {"outputs": outputs})
