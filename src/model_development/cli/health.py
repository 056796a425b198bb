"""What `doctor` looks at. Adding a check is one function and one row of HEALTH."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import TemplateError, some_of
from ..settings.context import REPOSITORY

if TYPE_CHECKING:
    from ..settings.context import Context

LEAST_DISK_MB, ENOUGH_DISK_MB = 500, 3000  # below the first a run cannot keep its models
LEAST_MEMORY_MB, ENOUGH_MEMORY_MB = 800, 3000  # a worker with TensorFlow takes some 600
FRAMEWORKS = ("xgboost", "lightgbm", "catboost", "tensorflow", "torch", "statsmodels")


@dataclass(frozen=True)
class Finding:
    """level : "ok", "warning" (it runs, with less) or "error" (a run will stop). do : what helps, or ""."""

    level: str
    found: str
    do: str = ""


def python_version(context: Context | None) -> Iterator[Finding]:
    """Python, and whose it is."""
    here = ".".join(map(str, sys.version_info[:3]))
    level, do = ("ok", "") if sys.version_info >= (3, 11) else ("error", "make setup PYTHON=python3.12")
    yield Finding(level, f"Python {here} ({sys.executable})", do)


def packages(context: Context | None) -> Iterator[Finding]:
    """Installed packages against those that requirements.txt pins."""
    from ..packages import installed, public

    pinned = _pinned(REPOSITORY / "requirements.txt")
    if not pinned:
        yield Finding("ok", "no requirements.txt to compare with: an installed package")
    missing = [name for name in pinned if installed(name) is None and name not in FRAMEWORKS]
    needed = [name for name in missing if name in _needed()]
    if missing:
        yield Finding(
            "error" if needed else "warning",
            f"{len(missing)} packages are missing{'' if needed else ', of extras'}: "
            f"{some_of(needed or missing, 8)}",
            "pip install -r requirements.txt",
        )
    here = {name: installed(name) for name in pinned}
    others = [
        f"{name} {found[1]} (pinned {pinned[name]})"
        for name, found in here.items()
        if found is not None and found[1] != public(pinned[name])
    ]
    if others:
        yield Finding(
            "warning",
            f"{len(others)} packages have other versions than tested: {some_of(others, 6)}",
            "pip install -r requirements.txt",
        )
    if pinned and not missing and not others:
        yield Finding("ok", f"{len(pinned)} packages as requirements.txt pins them")


def _needed():
    """Packages without which nothing runs: those that this one asks for without an extra."""
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement

    try:
        asked = [Requirement(text) for text in requires("model-development") or []]
    except PackageNotFoundError:
        return set()
    return {wanted.name for wanted in asked if wanted.marker is None}


def _pinned(path):
    """{package: version} that requirements.txt wants here."""
    from packaging.requirements import Requirement

    found = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            text = line.partition("#")[0].strip()
            if text and not text.startswith("-"):
                wanted = Requirement(text)
                if wanted.marker is None or wanted.marker.evaluate():
                    found[wanted.name] = next(iter(wanted.specifier)).version
    return found


def frameworks(context: Context | None) -> Iterator[Finding]:
    """Frameworks that are there; the models of others are skipped rows."""
    from ..packages import installed

    missing = [name for name in FRAMEWORKS if installed(name) is None]
    for name in missing:
        yield Finding("warning", f"{name} is not installed: its models are skipped", f"pip install {name}")
    if not missing:
        yield Finding("ok", ", ".join(FRAMEWORKS))


def gpu(context: Context | None) -> Iterator[Finding]:
    """Which frameworks a tiny fit really ran on the card, each in a process of its own."""
    from ..phases.gpu import detect_gpu, frameworks_of_cards

    found = detect_gpu()
    if not found["available"]:
        yield Finding("ok", "nvidia-smi reports no GPU: everything runs on the CPU")
        return
    works = [name for name, used in found["frameworks"].items() if used]
    yield Finding("ok", f"{found['name']}, {found['memory_mb']} MB; used by {', '.join(works) or 'none'}")
    for name in sorted(set(frameworks_of_cards()) - set(works)):
        do = {"tensorflow": "pip install 'tensorflow[and-cuda]'"}.get(name, f"a build of {name} with CUDA")
        yield Finding("warning", f"{name} does not run on the GPU: it trains on the CPU", do)


def disk(context: Context | None) -> Iterator[Finding]:
    """Space where models are kept, and where workers exchange rows."""
    places = {"ARTIFACTS_DIR": _existing(_root(context)), "TMPDIR": Path(tempfile.gettempdir())}
    for variable, place in places.items():
        free = shutil.disk_usage(place).free / 2**20
        level = _level(free, LEAST_DISK_MB, ENOUGH_DISK_MB)
        do = "" if level == "ok" else f"free space, or set {variable}"
        yield Finding(level, f"{free / 1024:.1f} GB free in {place} ({variable})", do)


def memory(context: Context | None) -> Iterator[Finding]:
    """Free memory, and cores."""
    from ..execution.hardware import available_cores, free_mb

    free = free_mb()
    level = _level(free, LEAST_MEMORY_MB, ENOUGH_MEMORY_MB)
    do = "" if level == "ok" else "close other programs, or set `n_jobs` to 1 and leave networks out"
    yield Finding(level, f"{free / 1024:.1f} GB free, {available_cores()} cores", do)


def notebook(context: Context | None) -> Iterator[Finding]:
    """What runs notebooks in batch: papermill, and a kernel of this environment."""
    from ..packages import installed

    missing = [name for name in ("papermill", "ipykernel", "nbconvert") if installed(name) is None]
    if missing:
        do = "pip install 'model-development[notebook]'"
        yield Finding("error", f"{', '.join(missing)} missing: train and evaluate run notebooks", do)
        return
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        yield Finding("error", "there is no kernel `python3`", "python -m ipykernel install --sys-prefix")
        return
    same = program in ("python", "python3") or Path(program).resolve() == Path(sys.executable).resolve()
    do = "" if same else "python -m ipykernel install --sys-prefix"
    yield Finding("ok" if same else "warning", f"kernel python3 is {program}", do)


def permissions(context: Context | None) -> Iterator[Finding]:
    """May files be written beside the context, and the context itself?"""
    if context is None:
        yield Finding("warning", "no context file here, so there is no folder to try", "--context FILE")
        return
    from ..storage.context_file import require_writable

    require_writable(context.path)
    place = _existing(context.artifacts_root)
    with tempfile.TemporaryFile(dir=place):
        pass
    yield Finding("ok", f"{place} and {context.path.name} can be written")


def store(context: Context | None) -> Iterator[Finding]:
    """Is MLflow's store there? A server is asked; a local one is a file that appears with the first run."""
    from ..settings.credentials import without_credentials
    from ..tracking.connection import require_reachable, tracking_uri

    uri = tracking_uri(_root(context))
    require_reachable(uri)
    yield Finding("ok", without_credentials(uri))


HEALTH: dict[str, Callable[[Any], Iterator[Finding]]] = {
    "python": python_version,
    "packages": packages,
    "frameworks": frameworks,
    "gpu": gpu,
    "disk": disk,
    "memory": memory,
    "notebook": notebook,
    "permissions": permissions,
    "store": store,
}


def examine(name: str, context_path: str | None) -> list[dict[str, Any]]:
    """Return what one check found, as dicts with `check`, `level`, `found`, `do`.

    Raises ContextError or SettingsError for a context that was named and cannot be read.
    """
    from ..settings.context import DEFAULT_CONTEXT, read_context

    known = read_context(context_path) if context_path or DEFAULT_CONTEXT.is_file() else None
    try:
        found = list(HEALTH[name](known))
    except TemplateError as error:
        found = [Finding("error", str(error), error.do or "")]
    except OSError as error:
        found = [Finding("error", f"{error.filename or name}: {error.strerror or error}", "make it writable")]
    return [{"check": name} | asdict(row) for row in found]


def _root(context):
    from ..settings.context import DEFAULT_CONTEXT, artifacts_root_of

    return artifacts_root_of(DEFAULT_CONTEXT) if context is None else context.artifacts_root


def _existing(path):
    """The folder itself, or the nearest one above it that is there."""
    return next(place for place in (path, *path.parents) if place.is_dir())


def _level(value, least, enough):
    return "ok" if value >= enough else "warning" if value >= least else "error"
