"""A client that asks a server on loopback over open connections, for benchmarks of serving."""

import asyncio
import json
import time


def request_of(path, content):
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def ask(reader, writer, request):
    """Send one request on an open connection; return the seconds that it took."""
    started = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise SystemExit(f"not answered: {head!r}")
    length = int(
        next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))[15:]
    )
    await reader.readexactly(length)
    return time.perf_counter() - started


async def run_client(port, requests, connections=1, until=None):
    """Seconds of each request; the connections share them out. until : stops early when the task is done."""
    left, seconds = iter(requests), []

    async def work():
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**26)
        for request in left:
            seconds.append(await ask(reader, writer, request))
            if until is not None and until.done():
                break
        writer.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return seconds
