"""A package as the service takes it: nothing of it is used before all of its files are known to be whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError
from ...storage import files
from ..served_model import ServedModel, open_model
from .sums import WRITE_ANEW, require_as_written

if TYPE_CHECKING:
    from ...monitoring.reference import Reference

Explain = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class ServedPackage:
    """What stands in a package.

    name, version : of the model, for answers and logs. metadata : what model/metadata.json holds.
    reference : what the training rows were like; None where the package has none. policy : sentences of the
    decision policy, () without one. explain : one row of {column: value} -> what each column adds, of values
    that JSON has, see `explaining.to_dict`; None where the package was written without `--explain`. It raises
    DataError for what is no row.
    """

    folder: Path
    name: str
    version: str
    model: ServedModel
    metadata: Mapping[str, Any]
    reference: Reference | None = None
    policy: tuple[str, ...] = ()
    explain: Explain | None = None


def open_package(folder: Path | str) -> ServedPackage:
    """Read a package that `package` wrote.

    Raises ArtifactsError, which names the files, where one was changed, is missing or was added, and for a
    folder that is no package.
    """
    folder = Path(folder).resolve()
    require_as_written(folder)
    metadata = files.read_json(folder / files.PACKAGE_METADATA, produced_by=WRITE_ANEW)
    wrong = [key for key in ("name", "version") if not isinstance(metadata.get(key), str)]
    if wrong:
        raise ArtifactsError(f"{folder / files.PACKAGE_METADATA} has no {' and '.join(wrong)}. {WRITE_ANEW}")
    reference = _reference(folder / files.PACKAGE_REFERENCE)
    model = open_model(folder / files.PACKAGE_MODEL, reference)
    policy = model.model.decision_policy_
    return ServedPackage(
        folder,
        metadata["name"],
        metadata["version"],
        model,
        metadata,
        reference,
        () if policy is None else policy.sentences,
        _explain(folder / files.PACKAGE_BACKGROUND, model, metadata),
    )


def _reference(path: Path) -> Reference | None:
    if not path.is_file():
        return None
    from ...monitoring.reference import Reference

    content = files.read_json(path, produced_by=WRITE_ANEW)
    content.pop("schema_version", None)
    try:
        return Reference.from_dict(content)
    except ValueError as error:
        raise ArtifactsError(f"{path} is refused: {error}. {WRITE_ANEW}") from error


def _explain(path: Path, model: ServedModel, metadata: Mapping[str, Any]) -> Explain | None:
    """The explanation is prepared at its first call: the service is ready without it."""
    if not path.is_file():
        return None
    from .explaining import LazyExplainer

    return LazyExplainer(path, model, metadata)
