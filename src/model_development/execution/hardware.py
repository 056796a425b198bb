"""GPU and CPU cores of this machine, and the thread settings of a worker process."""

import math
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..errors import SettingsError

CGROUPS = (  # limit of a container, what it uses, and its cache: as Linux writes them, now and before
    (
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory.current",
        "/sys/fs/cgroup/memory.stat:inactive_file",
    ),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat:total_inactive_file",
    ),
)
MEMORY_FOR_WORKERS = 0.8  # share of what is free
CARD_MB = 2000  # of a card's memory, for each worker


def nvidia_card() -> dict[str, Any]:
    """Return what `nvidia-smi` reports of the first card.

    Returns dict with `available` (bool), `name` (str or None), `memory_mb` (int or None) and
    `count` (int). A card being there does not say that a framework can use it: what a model really
    ran on is measured after its fit, as `gpu_used`.
    """
    nothing = {"available": False, "name": None, "memory_mb": None, "count": 0}
    if shutil.which("nvidia-smi") is None:
        return nothing
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return nothing
    cards = [line.rsplit(",", 1) for line in answer.stdout.splitlines() if "," in line]
    if not cards:
        return nothing
    name, memory = cards[0]
    return {
        "available": True,
        "name": name.strip(),
        "memory_mb": int(memory) if memory.strip().isdigit() else None,
        "count": len(cards),
    }


def resolve_device(device: str) -> str:
    """Turn the setting `device` into "cpu" or "cuda".

    "auto" takes the card where there is one. Raises SettingsError for "cuda" without a card, since
    training silently on the CPU is not what was asked for.
    """
    if device == "cpu":
        return "cpu"
    if nvidia_card()["available"]:
        return "cuda"
    if device == "cuda":
        raise SettingsError(
            "`device` is 'cuda', but nvidia-smi reports no GPU on this machine. "
            "Set `device` to 'auto' or 'cpu'."
        )
    return "cpu"


def available_cores() -> int:
    """Return the number of CPU cores that this process may use; a container's share of them, rounded up."""
    from joblib import cpu_count

    return cpu_count()


@lru_cache
def places_on(device: str) -> float:
    """How many workers a device holds side by side: each library keeps some memory of a card for itself."""
    memory_mb = nvidia_card()["memory_mb"] if device == "cuda" else None
    return math.inf if memory_mb is None else max(1, memory_mb // CARD_MB)


def plan_workers(
    n_tasks: float, n_jobs: int | None = None, needs_mb: Sequence[float] = (), places: float = math.inf
) -> tuple[int, int]:
    """Return (workers, threads per worker) for `n_tasks` independent tasks.

    `n_jobs` is the number of cores to use; None or -1 stands for all of them. `needs_mb` is the memory that
    each task needs, in any order: where there is not enough for the largest of them side by side, fewer
    workers have more threads, and at last one has all of them. `places` is how many workers there may be, see
    `places_on`.

    >>> plan_workers(8, n_jobs=2)
    (2, 1)
    >>> plan_workers(1, n_jobs=4)
    (1, 4)
    >>> plan_workers(8, n_jobs=4, needs_mb=[10**9] * 8)
    (1, 4)
    >>> plan_workers(2, n_jobs=4, needs_mb=[1, 1])
    (2, 2)
    >>> plan_workers(8, n_jobs=4, places=2)
    (2, 2)
    """
    cores = available_cores() if n_jobs in (None, -1) else n_jobs
    workers = max(1, int(min(cores, n_tasks, places)))
    if any(needs_mb) and workers > 1:
        together = accumulate(sorted(needs_mb, reverse=True)[:workers])
        available = free_mb() * MEMORY_FOR_WORKERS
        workers = max(1, sum(needed <= available for needed in together))
    return workers, max(1, cores // workers)


def free_mb() -> float:
    """MB of memory that are free now: on this machine, and of what its container may take."""
    import psutil

    return min(psutil.virtual_memory().available, *map(_free_of, CGROUPS)) / 2**20


def _free_of(group: tuple[str, str, str]) -> float:
    """Bytes that a control group may still take; what the system can drop of it, its cache, is free."""
    limit, used, cache = (_number_in(*part.split(":")) for part in group)
    return math.inf if limit is None or used is None else limit - used + (cache or 0)


def _number_in(file: str, name: str = "") -> int | None:
    """The number in a file of the system, or behind a name in it; None where there is none."""
    try:
        words = Path(file).read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    text = words[0] if words and not name else dict(zip(words[::2], words[1::2], strict=False)).get(name, "")
    return int(text) if text.isdigit() else None


def worker_environment(threads: int, device: str) -> dict[str, str]:
    """Environment variables that fix a worker's threads before any framework is imported.

    Several OpenMP runtimes meet in one process here; a passive wait policy keeps an idle one from
    burning the cores that another one needs. A short spin before it sleeps is what small parallel regions
    live on: without it LightGBM with two threads took 60 s for what takes 5.
    """
    variables = {
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": 1,
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": 10_000,
        "TF_CPP_MIN_LOG_LEVEL": 3,
        "KERAS_BACKEND": "tensorflow",
        "PYTHONHASHSEED": 0,
    }
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = ""
    return {name: str(value) for name, value in variables.items()}


class Versions(dict[str, str | None]):
    """{package: version}, which people see as one line."""

    def __repr__(self) -> str:
        return ", ".join(f"{name} {version or 'not installed'}" for name, version in self.items())


def versions() -> Versions:
    """Return the installed versions of Python and of every framework; None where one is missing.

    >>> versions()["pandas"] is not None
    True
    """
    import platform

    from ..packages import installed

    found = Versions(python=platform.python_version())
    for package in (
        "numpy",
        "pandas",
        "scikit-learn",
        "xgboost",
        "lightgbm",
        "catboost",
        "tensorflow",
        "torch",
        "statsmodels",
        "mlflow",
    ):
        here = installed(package)
        found[package] = here and here[1]
    return found
