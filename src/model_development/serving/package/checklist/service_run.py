"""A service of the package, really started: awkward input, many requests, and what that took."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

WARM_UP, TIMED = 20, 200  # requests of one row
NUMBER, WORD = 1e300, "a value that no training row has"


@dataclass(frozen=True)
class ServiceRun:
    """milliseconds : from request to answer, of TIMED rows one after the other. cpu_ms : of the service for
    each of them. memory_mb : that it holds afterwards. edges : {what was asked: status}.
    metrics : text of /metrics. ready_s : from its start until it took requests."""

    milliseconds: tuple[float, ...]
    cpu_ms: float
    memory_mb: float
    edges: Mapping[str, int]
    metrics: str
    ready_s: float

    @property
    def p95_ms(self) -> float:
        return float(np.quantile(self.milliseconds, 0.95))


def run_service(folder: Path, rows: Sequence[Mapping[str, Any]]) -> ServiceRun:
    """Start the service of a package as its own tests do, ask it, stop it. Raises RuntimeError, TimeoutError
    or OSError where it does not start or breaks off."""
    import psutil

    utils, started = own_utils(folder), time.perf_counter()
    with utils.served({}) as service:
        ready = time.perf_counter() - started
        process = psutil.Process(service.process.pid)
        for at in range(WARM_UP):
            utils.ask(f"{service.url}/predict", rows[at % len(rows)], service.key)
        before, times = _cpu(process), []
        for at in range(TIMED):
            began = time.perf_counter()
            utils.ask(f"{service.url}/predict", rows[at % len(rows)], service.key)
            times.append(1000 * (time.perf_counter() - began))
        cpu = 1000 * (_cpu(process) - before) / TIMED
        edges = {
            what: utils.ask(f"{service.url}{path}", body, service.key)[0]
            for what, path, body in edge_cases(rows[0])
        }
        text = utils.ask(f"{service.url}/metrics", key=service.key)[2]
        memory = process.memory_info().rss / 1e6
    return ServiceRun(tuple(times), cpu, memory, edges, str(text), ready)


def own_utils(folder: Path) -> Any:
    """The package's own api/utils.py as a module."""
    spec = importlib.util.spec_from_file_location("package_utils", folder.resolve() / "api" / "utils.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def edge_cases(row: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """(what it is, route, body): input that a service must answer, or refuse with a sentence."""
    columns, everywhere = list(row), dict.fromkeys
    one_each = [
        (f"{what} in {column!r}", "/predict", dict(row) | {column: value})
        for column in columns
        for what, value in (("nothing", None), ("a new word", WORD), ("a list", [1]))
    ]
    return [
        ("no columns", "/predict", {}),
        ("all missing", "/predict", everywhere(columns)),
        ("all new words", "/predict", everywhere(columns, WORD)),
        ("all huge numbers", "/predict", everywhere(columns, NUMBER)),
        ("all negative numbers", "/predict", everywhere(columns, -NUMBER)),
        ("all true", "/predict", everywhere(columns, True)),
        ("an unknown column", "/predict", dict(row) | {"no such column": 1}),
        ("a list in place of a row", "/predict", [row]),
        ("no rows", "/predict/batch", {"rows": []}),
        ("rows that are none", "/predict/batch", {"rows": [1, None]}),
        ("rows of all kinds", "/predict/batch", {"rows": [dict(row), {}, everywhere(columns)]}),
        *one_each,
    ]


def _cpu(process):
    times = process.cpu_times()
    return times.user + times.system
