"""Is there a GPU, and which frameworks can use it?"""

from typing import Any

from ..execution.hardware import nvidia_card
from ..execution.protocol import Call
from ..execution.table import make_engine
from ..fitting.worker_steps import runs_on_gpu
from ..models.table import MODELS


class GpuReport(dict[str, Any]):
    """What `detect_gpu` returns, which people see as one line."""

    def __repr__(self) -> str:
        if not self["available"]:
            return "GPU: none, everything runs on the CPU"
        users = ", ".join(name for name, works in self["frameworks"].items() if works) or "no framework"
        return f"GPU: {self['name']} ({self['memory_mb']} MB), used by {users}"


def detect_gpu() -> GpuReport:
    """Return what `nvidia-smi` reports of the first card, and which frameworks a tiny fit really ran on it.

    Returns dict with `available` (bool), `name` (str or None), `memory_mb` (int or None), `count` (int) and
    `frameworks` ({framework: bool}). Without a card nothing is fitted; with one it takes some seconds.

    >>> sorted(detect_gpu())
    ['available', 'count', 'frameworks', 'memory_mb', 'name']
    """
    card = nvidia_card()
    rows = {spec.framework: spec for spec in reversed(MODELS.values()) if not spec.is_dummy}
    frameworks = dict.fromkeys(sorted(rows), False)
    if card["available"]:
        calls = [
            Call(name, name, runs_on_gpu, {"model_name": spec.name, "options": {"seed": 0, "device": "cuda"}})
            for name, spec in rows.items()
        ]
        for kind, call, outcome in make_engine("local", None, "cuda").run(calls):
            if kind == "outcome":
                frameworks[call.name] = outcome.status == "ok" and outcome.result
    return GpuReport(card | {"frameworks": frameworks})
