"""Is there a GPU, and which frameworks can use it?"""

from collections.abc import Sequence
from typing import Any

from ..execution.hardware import nvidia_card
from ..execution.protocol import Call
from ..execution.table import make_engine
from ..fitting.worker_steps import runs_on_gpu
from ..models.table import MODELS

LIMIT_S = 180.0  # for a tiny fit: on a machine just started the imports alone can take most of a minute


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
    `frameworks` ({framework: bool}). Without a card nothing is fitted; with one it takes some seconds, and
    most of a minute on a machine just started, whose disk is slow.

    >>> sorted(detect_gpu())
    ['available', 'count', 'frameworks', 'memory_mb', 'name']
    """
    card = nvidia_card()
    frameworks = sorted({spec.framework for spec in MODELS.values() if not spec.is_dummy})
    runs = runs_on_card(frameworks_of_cards()) if card["available"] else {}
    return GpuReport(card | {"frameworks": dict.fromkeys(frameworks, False) | runs})


def frameworks_of_cards() -> list[str]:
    """The frameworks that can use a card, where they are built for it."""
    return sorted({spec.framework for spec in MODELS.values() if spec.can_use_card})


def runs_on_card(frameworks: Sequence[str]) -> dict[str, bool]:
    """Return {framework: whether a tiny fit ran on the card}, each in a process of its own."""
    first_of = {spec.framework: spec.name for spec in reversed(MODELS.values()) if not spec.is_dummy}
    options, runs = {"seed": 0, "device": "cuda"}, dict.fromkeys(frameworks, False)
    calls = [
        Call(name, name, runs_on_gpu, {"model_name": first_of[name], "options": options})
        for name in frameworks
    ]
    for kind, call, outcome in make_engine("local", None, "cuda").run(calls, limit_s=LIMIT_S):
        if kind == "outcome":
            runs[call.name] = outcome.status == "ok" and outcome.result
    return runs
