"""The packages of others that a package needs, pinned to what is installed where it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ...errors import ArtifactsError
from ...packages import public
from .source_closure import packages_at_import

OF_THE_SERVICE = ("fastapi", "httptools", "prometheus-client", "pydantic", "uvicorn")
FOR_RECORDING = ("pyarrow",)  # predictions are recorded where PREDICTIONS_DIR is set, and only then
# A smaller build of the same version, and where there is one: without the libraries of GPUs.
SMALLER = {"xgboost": ("xgboost-cpu", 'platform_system != "Darwin"')}
ON_DEBIAN = {"lightgbm": "libgomp1"}  # what a package's wheel takes from the system


def direct_packages(of_the_model: Mapping[str, str]) -> list[str]:
    """Names of the distributions that a service of one model imports, sorted.

    of_the_model : {distribution: version}, as model.json has it.
    """
    owners = _owners()
    ours = {owners[name][0] for name in packages_at_import() if name in owners}
    named = {*ours, *OF_THE_SERVICE, *of_the_model}
    return sorted({str(canonicalize_name(name)) for name in named})


def requirement_lines(of_the_model: Mapping[str, str]) -> list[str]:
    """Lines of requirements.txt: what is imported, then what that needs in turn, each at its version here.

    Raises ArtifactsError for a package that is not installed.
    """
    direct = direct_packages(of_the_model)
    needed = sorted(with_needed(direct) - set(direct))
    return [
        "# What the service imports.",
        *(line for name in direct for line in _pinned(name)),
        "# What these need.",
        *(line for name in needed for line in _pinned(name)),
    ]


def recording_lines() -> list[str]:
    """Lines of a second file, of what a service that records its predictions needs as well."""
    return ["-r requirements.txt", *(line for name in FOR_RECORDING for line in _pinned(name))]


def with_needed(names: Iterable[str]) -> set[str]:
    """Canonical names of some distributions and of all that they need here, extras left out."""
    waiting, found = [str(canonicalize_name(name)) for name in names], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _needs(name)
    return found


def pinned_names(folder: Path) -> set[str]:
    """Canonical names of the distributions in the requirements.txt of a package, as they are called here."""
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = {str(canonicalize_name(line.partition("==")[0])) for line in lines if not line.startswith("#")}
    usual = {smaller: name for name, (smaller, _) in SMALLER.items()}
    return {usual.get(name, name) for name in named}


def modules_of_others(names: set[str]) -> set[str]:
    """Top modules that are installed here, and that none of some distributions gives."""
    return {
        module
        for module, owners in _owners().items()
        if not names & {str(canonicalize_name(owner)) for owner in owners}
    }


@cache
def _owners() -> Mapping[str, list[str]]:
    """{top module: distributions that give it}; reading it takes a second."""
    return packages_distributions()


@cache
def _needs(name: str) -> tuple[str, ...]:
    if name in SMALLER:  # which does not need what the larger build does
        return ("numpy", "scipy")
    needed = (Requirement(text) for text in _distribution(name).requires or ())
    return tuple(
        str(canonicalize_name(one.name))
        for one in needed
        if one.marker is None or one.marker.evaluate({"extra": ""})
    )


def _distribution(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise ArtifactsError(
            f"The package {name} is not installed, and a service of this model needs it. "
            f"Install it: pip install {name}"
        ) from None


def _pinned(name: str) -> list[str]:
    version = public(_distribution(name).version)
    if name not in SMALLER:
        return [f"{name}=={version}"]
    smaller, where = SMALLER[name]
    inverse = where.replace("!=", "==")
    return [f"{smaller}=={version} ; {where}", f"{name}=={version} ; {inverse}"]
