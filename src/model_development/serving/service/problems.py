"""Every error has one body: RFC 9457's members, and those that clients of MLflow and open inference read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from ...errors import shortened

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20  # single errors in one body


@dataclass(frozen=True)
class ProblemType:
    """One kind. error_code : as MLflow calls it."""

    status: int
    title: str
    error_code: str


PROBLEMS = {
    "empty_body": ProblemType(400, "The body is empty", "BAD_REQUEST"),
    "malformed_body": ProblemType(400, "The body cannot be read", "BAD_REQUEST"),
    "unauthorized": ProblemType(401, "A valid API key is needed", "UNAUTHENTICATED"),
    "not_found": ProblemType(404, "There is no such route", "ENDPOINT_NOT_FOUND"),
    "unknown_model": ProblemType(404, "There is no such model", "RESOURCE_DOES_NOT_EXIST"),
    "method_not_allowed": ProblemType(405, "The route has no such method", "BAD_REQUEST"),
    "body_timeout": ProblemType(408, "The body did not come in time", "BAD_REQUEST"),
    "body_too_large": ProblemType(413, "The body is too large", "BAD_REQUEST"),
    "too_many_rows": ProblemType(413, "There are too many rows", "BAD_REQUEST"),
    "unsupported_media_type": ProblemType(415, "The content type is not taken", "BAD_REQUEST"),
    "invalid_request": ProblemType(422, "The body is not what the route takes", "INVALID_PARAMETER_VALUE"),
    "invalid_rows": ProblemType(422, "Rows are not what the model takes", "INVALID_PARAMETER_VALUE"),
    "rate_limited": ProblemType(429, "There are too many requests", "REQUEST_LIMIT_EXCEEDED"),
    "internal_error": ProblemType(500, "The service failed", "INTERNAL_ERROR"),
    "busy": ProblemType(503, "The service has too much to do", "TEMPORARILY_UNAVAILABLE"),
    "not_ready": ProblemType(503, "The service does not answer now", "TEMPORARILY_UNAVAILABLE"),
}


class Problem(Exception):
    """Ends a request. name : one of PROBLEMS. detail : what is wrong, what is allowed, what to do.

    errors : single errors as JSON has them. headers : of the response.
    """

    def __init__(
        self,
        name: str,
        detail: str,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.name, self.detail, self.errors = name, shortened(detail), list(errors)
        self.headers = dict(headers or {})

    def to_dict(self, request_id: str = "") -> dict[str, Any]:
        """The body of the response. The type is the address of its explanation on the page of the routes."""
        kind = PROBLEMS[self.name]
        return {
            "type": f"/docs#{self.name}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "errors": self.errors,
            "error": self.detail,
            "error_code": kind.error_code,
            "message": self.detail,
            "request_id": request_id,
        }

    def response(self, request_id: str = "") -> Response:
        text = json.dumps(self.to_dict(request_id), ensure_ascii=True, allow_nan=False)
        return Response(text, PROBLEMS[self.name].status, self.headers, MEDIA_TYPE)
