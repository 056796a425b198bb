"""Explanations of a package's model against the background rows that the package holds."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...storage.files import plain, read_json
from .sums import WRITE_ANEW

if TYPE_CHECKING:
    from ...explanation.explain_row import RowExplainer, RowExplanation
    from ..served_model import ServedModel


class LazyExplainer:
    """Called with one row of {column: value}; reads the background and prepares it at the first call."""

    def __init__(self, background: Path, model: ServedModel, metadata: Mapping[str, Any]) -> None:
        self._path, self._model, self._metadata = background, model, metadata
        self._lock = threading.Lock()

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What each column adds to the output of one row. Raises DataError for anything but one row."""
        columns = self._model.model.schema_.names()
        with self._lock:  # requests come in threads; the explainer draws from one generator
            return to_dict(self._explainer.explain({name: row.get(name) for name in columns}))

    @cached_property
    def _explainer(self) -> RowExplainer:
        import pandas as pd

        from ...explanation.explain_row import RowExplainer

        content = read_json(self._path, produced_by=WRITE_ANEW)
        background = pd.DataFrame(content["rows"], columns=self._model.model.schema_.names(), dtype=object)
        return RowExplainer(
            self._model.whole(),
            background,
            positive_class=self._metadata.get("positive_class"),
            target=str(self._metadata.get("target", "")),
        )


def to_dict(explanation: RowExplanation) -> dict[str, Any]:
    """`label`, `output`, `base`, `contributions` (the largest first; with `base` they sum to `output`) and
    `sentences`."""
    at = explanation.labels.index(explanation.label)
    content = {
        "label": explanation.label,
        "output": explanation.output[at],
        "base": explanation.base[at],
        "contributions": explanation.table.to_dict("records"),
        "sentences": explanation.sentences,
    }
    return dict(plain(content))
