"""SHA256SUMS: which files a package holds, and whether they are still as they were written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...errors import ArtifactsError, some_of
from ...storage.files import PACKAGE_CHECKLIST, PACKAGE_CHECKLIST_TEXT, PACKAGE_SUMS

# Written after the sums: what was measured differs from one run to the next.
NOT_SUMMED = (PACKAGE_SUMS, PACKAGE_CHECKLIST, PACKAGE_CHECKLIST_TEXT)
ENVIRONMENT = ".venv"  # of `make environment`, in the package itself: its files are the installer's
CACHES = ("__pycache__", ".pytest_cache")  # what running Python leaves
WRITE_ANEW = "Write the package anew: model-development package"


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a package, by its path in it, sorted; without NOT_SUMMED, CACHES and the
    environment."""
    paths = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    return {
        name: hashlib.sha256(paths[name].read_bytes()).hexdigest()
        for name in sorted(paths)
        if name not in NOT_SUMMED
    }


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        left_out = (*CACHES, ENVIRONMENT) if Path(place) == folder else CACHES
        folders[:] = [name for name in folders if name not in left_out]
        yield from (Path(place, name) for name in names)


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS as the program `sha256sum` has it."""
    lines = [f"{digest}  {name}\n" for name, digest in sums_of(folder).items()]
    (folder / PACKAGE_SUMS).write_text("".join(lines), encoding="utf-8")


def read_sums(folder: Path) -> dict[str, str]:
    """Return {path in the package: SHA-256}. Raises ArtifactsError where SHA256SUMS is missing or is none."""
    path = folder / PACKAGE_SUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactsError(
            f"{folder} is no model package: {PACKAGE_SUMS} is missing or unreadable. {WRITE_ANEW}"
        ) from error
    parts = [line.partition("  ") for line in lines if line]
    if not parts or not all(len(digest) == 64 and name for digest, _, name in parts):
        raise ArtifactsError(f"{path} has lines that are no checksums. {WRITE_ANEW}")
    return {name: digest for digest, _, name in parts}


def require_as_written(folder: Path) -> None:
    """Raise ArtifactsError, which names the files, unless a package holds what it was written with.

    This tells damaged and mixed up packages, not those whose sums were changed on purpose too.
    """
    expected, found = read_sums(folder), _readable(folder)
    said = [
        _said([name for name in expected if name not in found], "missing"),
        _said([name for name in expected if found.get(name, expected[name]) != expected[name]], "changed"),
        _said([name for name in found if name not in expected], "not of the package"),
    ]
    if any(said):
        raise ArtifactsError(
            f"The package {folder} is not as it was written: {'; '.join(filter(None, said))}. {WRITE_ANEW}"
        )


def _readable(folder: Path) -> Mapping[str, str]:
    try:
        return sums_of(folder)
    except OSError as error:
        raise ArtifactsError(f"The package {folder} cannot be read: {error}. {WRITE_ANEW}") from error


def _said(names: list[str], what: str) -> str:
    verb = "is" if len(names) == 1 else "are"
    return f"{some_of(names, 5)} {verb} {what}" if names else ""
