"""HTTP requests that come whole and plainly written are read at once; h11 reads all others.

h11 takes a third of a millisecond for a request and its response, since it is written in Python and takes
nothing for granted. A request is plain where there can be no two opinions of where it ends: one piece of
bytes that holds its head, the body of the length that the head tells once, and nothing behind it; no encoding
of the transfer, no change of the protocol. All that is doubtful is left to h11, which refuses what is wrong.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol, RequestResponseCycle

from .body import WHOLE_BODY

Headers = list[tuple[bytes, bytes]]
LONGEST_HEAD = 8192  # bytes
LONGEST_LENGTH = 12  # digits of a number of bytes
REQUEST_LINE = re.compile(rb"(GET|POST) (/[!-~]*) HTTP/1\.1")
FIELD = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*)"
)  # of RFC 9110, without its obsolete forms
NOT_PLAIN = frozenset(  # headers that say something of the connection or of how the body is written
    (b"transfer-encoding", b"connection", b"upgrade", b"expect", b"te", b"trailer", b"keep-alive")
)
KEEP_ALIVE = (b"connection", b"keep-alive")  # which HTTP/1.1 does anyway


@dataclass(frozen=True)
class PlainRequest:
    """headers : names in small letters."""

    method: str
    target: bytes
    headers: Headers
    body: bytes


def read_plain(data: bytes) -> PlainRequest | None:
    """Return the request that some bytes are; None unless they are one, whole and plain.

    >>> read_plain(b"POST /p HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n{}").body
    b'{}'
    >>> read_plain(b"POST /p HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n{") is None
    True
    """
    end = data.find(b"\r\n\r\n", 0, LONGEST_HEAD)
    if end < 0:
        return None
    first, *lines = data[:end].split(b"\r\n")
    line, fields = REQUEST_LINE.fullmatch(first), [FIELD.fullmatch(one) for one in lines]
    if line is None or None in fields:
        return None
    headers = [(field[1].lower(), field[2].rstrip(b" \t")) for field in fields if field]
    names = [name for name, value in headers if (name, value.lower()) != KEEP_ALIVE]
    lengths, body = [value for name, value in headers if name == b"content-length"], data[end + 4 :]
    told = lengths[0] if len(lengths) == 1 else b"" if lengths else b"0"
    is_whole = told.isdigit() and len(told) <= LONGEST_LENGTH and int(told) == len(body)
    if not is_whole or names.count(b"host") != 1 or not NOT_PLAIN.isdisjoint(names):
        return None
    return PlainRequest(line[1].decode("ascii"), line[2], headers, body)


class PlainCycle(RequestResponseCycle):
    """A plain request and its response, which is written in one piece where it comes in one."""

    _head = b""
    _is_read = False
    _ends_by_closing = False

    async def receive(self) -> Any:
        """The body at first, then that the client has gone away, as soon as it has."""
        if not self._is_read and not self.disconnected:
            self._is_read = True
            return {"type": "http.request", "body": bytes(self.body), "more_body": False}
        while not self.disconnected and not self.response_complete:
            await self.message_event.wait()
            self.message_event.clear()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Write a part of the response. Raises RuntimeError for one that is out of its turn."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        expected = "http.response.body" if self.response_started else "http.response.start"
        if message["type"] != expected or self.response_complete:
            raise RuntimeError(f"{message['type']} is out of its turn")
        if not self.response_started:
            self.response_started = True
            self._head = self._written_head(message["status"], list(message.get("headers", ())))
            return
        body, self._head = self._head + message.get("body", b""), b""
        self.transport.write(body)
        if not message.get("more_body", False):
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive or self._ends_by_closing:
                self.transport.close()
            self.on_response()

    def _written_head(self, status: int, headers: Headers) -> bytes:
        """The status and headers; a response without length ends with the connection."""
        names = {name.lower() for name, _ in headers}
        self._ends_by_closing = b"content-length" not in names or (b"connection", b"close") in headers
        closing = self._ends_by_closing or not self.keep_alive
        if closing and b"connection" not in names:
            headers.append((b"connection", b"close"))
        lines = [b"%b: %b\r\n" % header for header in (*self.default_headers, *headers)]
        block = b"".join(lines)
        if block.count(b"\n") != len(lines) or block.count(b"\r") != len(lines):
            raise RuntimeError("a header of the response holds a line break")
        return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, STATUS_PHRASES[status], block)


class PlainFirstProtocol(H11Protocol):
    """uvicorn's protocol with h11, but for plain requests between others.

    Bytes that come while a plain request is answered wait until it is: answers keep their order.
    """

    _waiting = b""

    def data_received(self, data: bytes) -> None:
        """Begin a plain request, or leave the bytes to h11."""
        if isinstance(self.cycle, PlainCycle) and not self.cycle.response_complete:
            self._waiting += data
            self.flow.pause_reading()
            return
        request = read_plain(data) if self._is_between_requests() else None
        if request is None:
            super().data_received(data)
        else:
            self._begin(request)

    def _is_between_requests(self) -> bool:
        from h11 import IDLE

        is_idle = self.conn.our_state is IDLE and self.conn.their_state is IDLE
        return is_idle and self.limit_concurrency is None and not self.conn.trailing_data[0]

    def _begin(self, request: PlainRequest) -> None:
        self._unset_keepalive_if_required()
        path, _, query = request.target.partition(b"?")
        self.headers = request.headers
        self.scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": request.method,
            "root_path": self.root_path,
            "path": self.root_path + unquote(path.decode("ascii")),
            "raw_path": self.root_path.encode("ascii") + path,
            "query_string": query,
            "headers": request.headers,
            "state": self.app_state.copy(),
            "extensions": {WHOLE_BODY: {"body": request.body}},
        }
        self.cycle = PlainCycle(
            scope=self.scope,
            conn=self.conn,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            on_response=self.on_response_complete,
        )
        self.cycle.body += request.body
        task = self.loop.create_task(self.cycle.run_asgi(self.app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        """Go on with what came in the meantime."""
        super().on_response_complete()
        if self._waiting and not self.transport.is_closing():
            data, self._waiting = self._waiting, b""
            self.data_received(data)
