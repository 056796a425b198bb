"""Requests that are read at once: what h11 would have said of them, and of all others h11 itself says it."""

import json
import socket
import threading
import time

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from model_development.serving.service.plain_http import PlainFirstProtocol, read_plain

BODY = b'{"a": 1}'
HEAD = b"POST /a%20b?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n"
PLAIN = HEAD + b"X-Y: \t z \r\n\r\n" + BODY
GET = b"GET /seen HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def echo(scope, receive, send):
    """Answers with what it was asked; /stream in two parts, /slow after a while, /break not at all."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"] == "/break":
        raise ValueError("as it happens")
    if scope["path"] == "/slow":
        import asyncio

        await asyncio.sleep(0.1)
    kept = ("method", "path", "query_string", "http_version", "headers", "raw_path", "scheme")
    said = repr([scope[name] for name in kept] + [body]).encode()
    headers = [(b"content-type", b"text/plain")]
    if scope["path"] != "/stream":
        headers.append((b"content-length", str(len(said)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"first ", "more_body": True})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture(scope="module")
def ports():
    """Of a server with each protocol."""
    servers = []
    for protocol in (PlainFirstProtocol, H11Protocol):
        sock = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(echo, http=protocol, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        servers.append((server, thread, sock.getsockname()[1]))
    until = time.monotonic() + 20
    while not all(server.started for server, *_ in servers) and time.monotonic() < until:
        time.sleep(0.02)
    yield [port for *_, port in servers]
    for server, thread, _ in servers:
        server.should_exit = True
        thread.join(10)


def answer(port, parts):
    """All that comes back to pieces of bytes, without what differs between two moments and two servers."""
    received = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for part in (*parts, b""):
            try:
                if part:
                    connection.sendall(part)
                else:
                    connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.05 if part else 10)
                while said := connection.recv(65_536):
                    received += said
                break  # it has closed the connection
            except TimeoutError:
                continue
            except OSError:
                break
    lines = [line for line in received.split(b"\r\n") if not line.lower().startswith((b"date:", b"server:"))]
    return b"\r\n".join(lines)


CASES = {
    "plain": [PLAIN, LAST],
    "plain, with keep-alive": [HEAD + b"Connection: Keep-Alive\r\n\r\n" + BODY, LAST],
    "without a body": [GET, LAST],
    "in two pieces": [PLAIN[:60], PLAIN[60:], LAST],
    "head and body apart": [HEAD + b"\r\n", BODY, LAST],
    "byte by byte at its end": [PLAIN[:-2], PLAIN[-2:-1], PLAIN[-1:], LAST],
    "two at once": [PLAIN + PLAIN, LAST],
    "two, of which the first is slow": [GET.replace(b"seen", b"slow"), PLAIN, LAST],
    "a piece of the next behind it": [PLAIN + GET[:10], GET[10:], LAST],
    "to be closed": [LAST],
    "chunked": [
        HEAD.replace(b"Content-Length: 8", b"Transfer-Encoding: chunked")
        + b"\r\n8\r\n"
        + BODY
        + b"\r\n0\r\n\r\n",
        LAST,
    ],
    "chunked and of a length": [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\n" + BODY + b"\r\n0\r\n\r\n",
        LAST,
    ],
    "two lengths": [HEAD + b"Content-Length: 9\r\n\r\n" + BODY + b" ", LAST],
    "the same length twice": [HEAD + b"Content-Length: 8\r\n\r\n" + BODY, LAST],
    "a list of lengths": [HEAD.replace(b": 8", b": 8, 8") + b"\r\n" + BODY, LAST],
    "a length with a sign": [HEAD.replace(b": 8", b": +8") + b"\r\n" + BODY, LAST],
    "a length below zero": [HEAD.replace(b": 8", b": -8") + b"\r\n" + BODY, LAST],
    "more than the length": [HEAD + b"\r\n" + BODY + b"GET /hidden HTTP/1.1\r\nHost: y\r\n\r\n", LAST],
    "less than the length": [HEAD.replace(b": 8", b": 9") + b"\r\n" + BODY, b" ", LAST],
    "no host": [PLAIN.replace(b"Host: x\r\n", b""), LAST],
    "two hosts": [PLAIN.replace(b"Host: x", b"Host: x\r\nHost: y"), LAST],
    "a space before the colon": [PLAIN.replace(b"X-Y:", b"X-Y :"), LAST],
    "a folded header": [PLAIN.replace(b"\t z", b"z\r\n folded"), LAST],
    "lines that end in LF": [PLAIN.replace(b"\r\n", b"\n"), LAST],
    "a lonely LF": [PLAIN.replace(b"\t z", b"z\nEvil: 1"), LAST],
    "a lonely CR": [PLAIN.replace(b"\t z", b"z\rEvil: 1"), LAST],
    "a zero byte": [PLAIN.replace(b"\t z", b"z\x00"), LAST],
    "bytes that are no ASCII": [PLAIN.replace(b"\t z", b"z\xe9"), LAST],
    "an empty header": [PLAIN.replace(b"\t z", b""), LAST],
    "a name that is none": [PLAIN.replace(b"X-Y", b"X(Y"), LAST],
    "waits for 100": [HEAD + b"Expect: 100-continue\r\n\r\n", BODY, LAST],
    "HTTP/1.0": [PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"), LAST],
    "HTTP/2.0": [PLAIN.replace(b"HTTP/1.1", b"HTTP/2.0"), LAST],
    "an upgrade": [HEAD + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n" + BODY, LAST],
    "another method": [b"PUT" + PLAIN[4:], LAST],
    "a method in small letters": [b"post" + PLAIN[4:], LAST],
    "a whole address": [PLAIN.replace(b"/a%20b", b"http://x/a"), LAST],
    "a space in the address": [PLAIN.replace(b"/a%20b", b"/a b"), LAST],
    "empty lines before": [b"\r\n" + PLAIN, LAST],
    "a long head": [PLAIN.replace(b"\t z", b"z" * 9000), LAST],
    "no HTTP": [b"\x16\x03\x01\x00\xff", b"\r\n\r\n"],
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_answered_as_by_h11(case, ports):
    ours, h11s = (answer(port, CASES[case]) for port in ports)
    assert ours == h11s
    assert ours.startswith(b"HTTP/1.1 ")


def test_an_application_that_breaks_gets_500_and_the_connection_ends(ports):
    said = answer(ports[0], [PLAIN.replace(b"/a%20b", b"/break")])
    assert said.startswith(b"HTTP/1.1 500 ")
    assert b"connection: close" in said


def test_a_response_without_length_ends_with_the_connection(ports):
    said = answer(ports[0], [GET.replace(b"seen", b"stream")])
    assert b"connection: close" in said
    assert b"first [" in said


def test_what_is_read_at_once_is_whole_and_plain():
    seen = {name: read_plain(parts[0]) is not None for name, parts in CASES.items()}
    plain = {"plain", "plain, with keep-alive", "without a body", "an empty header"}
    assert {name for name, is_plain in seen.items() if is_plain} == plain | {
        "two, of which the first is slow"
    }
    request = read_plain(PLAIN)
    assert (request.method, request.target, json.loads(request.body)) == ("POST", b"/a%20b?q=1", {"a": 1})
    assert (b"x-y", b"z") in request.headers
