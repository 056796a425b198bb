"""Items about the service: it survives awkward input, is quick and small, and passes its own tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ....storage.model_folder import folder_size_mb
from ..requirements import pinned_names
from .fresh_process import run_isolated
from .item import ChecklistResult

if TYPE_CHECKING:
    from .item import PackageAtTest

MOST_MS = 250.0  # for 95 of 100 single rows, from request to answer: on whatever machine, however busy
MOST_CPU_MS = 50.0  # of the service for one row
MOST_MEMORY_MB = 350.0
MOST_MEMORY_OF_NETWORKS_MB = 2000.0  # whose libraries alone take more
NETWORKS = {"torch", "tensorflow"}
MOST_SIZE_MB = 500.0


def edge_cases_are_answered(package: PackageAtTest) -> ChecklistResult:
    """Empty, missing, unseen, huge, of the wrong type: an answer or a sentence, never a crash."""
    edges = package.service.edges
    failed = [f"{what}: {status}" for what, status in edges.items() if status >= 500 or status < 200]
    refused = sum(400 <= status < 500 for status in edges.values())
    figures = {"asked": len(edges), "refused": refused, "failed": len(failed)}
    if failed:
        return ChecklistResult("fail", f"The service failed at {'; '.join(failed[:5])}.", figures)
    said = f"{len(edges)} awkward bodies: {len(edges) - refused} answered, {refused} refused, no 5xx."
    return ChecklistResult("pass", said, figures)


def own_tests_pass(package: PackageAtTest) -> ChecklistResult:
    """tests/ of the package, run as `make check` does."""
    done = run_isolated(["-m", "unittest", "discover", "-s", "tests"], package.folder)
    ran = re.search(r"Ran (\d+) tests?", done.stderr)
    number = int(ran[1]) if ran else 0
    if done.returncode or not number:
        return ChecklistResult("fail", f"Tests of the package fail: {done.stderr.strip()[-800:]}")
    return ChecklistResult("pass", f"{number} tests of the package pass.", {"tests": number}, "tests/")


def is_quick(package: PackageAtTest) -> ChecklistResult:
    """One row, from request to answer."""
    run = package.service
    figures = {
        "p95_ms": round(run.p95_ms, 2),
        "cpu_ms": round(run.cpu_ms, 2),
        "ready_s": round(run.ready_s, 2),
    }
    said = (
        f"95 % of {len(run.milliseconds)} single rows are answered within {run.p95_ms:.1f} ms (allowed: "
        f"{MOST_MS:g}), at {run.cpu_ms:.2f} ms of CPU time each (allowed: {MOST_CPU_MS:g}); it "
        f"was ready after {run.ready_s:.1f} s."
    )
    is_fine = run.p95_ms <= MOST_MS and run.cpu_ms <= MOST_CPU_MS
    return ChecklistResult("pass" if is_fine else "fail", said, figures)


def is_small(package: PackageAtTest) -> ChecklistResult:
    """Memory of the service, size of the folder."""
    memory, size = package.service.memory_mb, folder_size_mb(package.folder)
    is_network = bool(NETWORKS & set(package.metadata["packages"]))
    most = MOST_MEMORY_OF_NETWORKS_MB if is_network else MOST_MEMORY_MB
    said = (
        f"The service holds {memory:.0f} MB (allowed: {most:g}); the package is {size:.1f} MB "
        f"(allowed: {MOST_SIZE_MB:g})."
    )
    is_fine = memory <= most and size <= MOST_SIZE_MB
    figures = {"memory_mb": round(memory), "size_mb": round(size, 1)}
    return ChecklistResult("pass" if is_fine else "fail", said, figures)


def packages_are_pinned(package: PackageAtTest) -> ChecklistResult:
    """requirements.txt has exact versions, and a process that can import nothing else answers and serves."""
    text = (package.folder / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    loose = [line for line in lines if not re.match(r"[A-Za-z0-9._-]+==[0-9][^\s+]*( ;|$)", line)]
    figures = {"packages": len(pinned_names(package.folder)), "answers": len(package.fresh.answers)}
    if loose:
        return ChecklistResult("fail", f"Not pinned: {', '.join(loose)}.", figures, "requirements.txt")
    said = (
        f"{figures['packages']} packages, each at one version; a process that could import nothing else "
        f"answered {figures['answers']} rows and made the service."
    )
    return ChecklistResult("pass", said, figures, "requirements.txt")
