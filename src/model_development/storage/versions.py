"""What a saved model was trained with, and what is installed here."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import ArtifactsError
from ..packages import installed, names_of, public


def warn_of_other_versions(folder: Path, packages: Iterable[str], trained_with: Mapping[str, str]) -> None:
    """Warn where a package has another minor version than at the time of the training.

    trained_with : {distribution: version} then. Raises ArtifactsError where a package is not installed.
    """
    for package in packages:
        known = [(name, trained_with[name]) for name in names_of(package) if name in trained_with]
        name, version = known[0] if known else (package, None)
        here = installed(package)
        if here is None:
            raise ArtifactsError(
                f"The model in {folder} needs the package {package}. "
                f"Install it: pip install {name}" + (f"=={public(version)}" if version else "")
            )
        if version and here[1].split(".")[:2] != version.split(".")[:2]:
            warnings.warn(
                f"The model in {folder} was trained with {name} {version}; {here[0]} {here[1]} is "
                "installed. Predictions may differ.",
                stacklevel=5,
            )
