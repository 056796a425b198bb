"""The body of a request: of a type that the route takes, within the limit, in time."""

from __future__ import annotations

import asyncio
import email.message
from typing import TYPE_CHECKING

from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

    from .settings import ServiceSettings

JSON = "application/json"
CSV = "text/csv"
WHOLE_BODY = (
    "model_development.body"  # extension of a request's scope, by a server that has all of it already
)


def media_type(request: Request, taken: Collection[str], default: str = "") -> str:
    """Return the content type of a request. Raises Problem where it is none of those that are taken.

    default : what a body without a content type is.
    """
    text = request.headers.get("content-type", "")
    if text == JSON or not text and default:
        return text or default
    message = email.message.Message()
    message["content-type"] = text
    kind, charset = message.get_content_type() if text else "", message.get_param("charset", "utf-8")
    if kind not in taken or str(charset).lower() not in ("utf-8", "utf8"):
        allowed = " or ".join(taken)
        raise Problem(
            "unsupported_media_type", f"The content type must be {allowed}, in UTF-8. Set Content-Type."
        )
    return kind


async def read_body(request: Request, settings: ServiceSettings) -> bytes:
    """Return the body, which is counted as it comes: a chunked one tells no length.

    Raises Problem for a body that is empty, too large, or does not come in time.
    """
    known = request.scope.get("extensions", {}).get(WHOLE_BODY)
    body = known["body"] if known else await _in_time(request, settings)
    if len(body) > settings.max_body_bytes:
        raise _too_large(settings.max_body_bytes)
    if not body.strip():
        raise Problem("empty_body", "The body is empty. The route's page, /docs, has an example.")
    return body


async def _in_time(request, settings):
    try:
        async with asyncio.timeout(settings.body_timeout):
            return await _limited(request, settings.max_body_bytes)
    except TimeoutError:
        raise Problem("body_timeout", f"The body did not come within {settings.body_timeout:g} s.") from None


async def _limited(request, limit):
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told[:20]) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit):
    return Problem(
        "body_too_large",
        f"A body may have {limit:,} bytes (MAX_BODY_BYTES). Send the rows in several requests.",
        headers={"Connection": "close"},  # what is still to come of it is not read
    )
