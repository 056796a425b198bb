"""Files in skops' format: only what may be loaded again is saved, and nothing else is loaded.

skops rebuilds the types that it knows (scikit-learn's estimators, numpy's arrays) and those that it is told
to trust. Who saves says which these are; a file with any other type would be refused by `load`, so `dump`
refuses to write it, while the reason can still be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError

if TYPE_CHECKING:
    from pathlib import Path


def dump(fitted: Any, path: Path, types: Sequence[str], **compression: int) -> None:
    """Write a fitted transformer or estimator. compression : as of `zipfile.ZipFile`.

    types : full names of the types, beside those that skops knows, that the file may hold.

    Raises ArtifactsError when it would hold another one.
    """
    from .skops_import import io

    io.dump(fitted, path, **compression)
    foreign = _foreign(path, types)
    if foreign:
        raise ArtifactsError(
            f"The model cannot be saved, since it would not load again: it holds {foreign}, which a saved "
            f"model may not. Allowed beside scikit-learn's estimators: {', '.join(types)}."
        )


def load(path: Path, types: Sequence[str]) -> Any:
    """Read back what `dump` wrote with the same types.

    Raises ArtifactsError when the file holds another type; nothing of it has run then.
    """
    from .skops_import import exceptions, io

    try:
        return io.load(path, trusted=list(types))
    except exceptions.UntrustedTypesFoundException:
        raise ArtifactsError(
            f"{path} is refused: it holds {_foreign(path, types)}, which no model saved by this package "
            "does. Load a model that this package has saved, or train it again."
        ) from None


def _foreign(path, types):
    from .skops_import import io

    return ", ".join(sorted({*io.get_untrusted_types(file=path)} - {*types}))
