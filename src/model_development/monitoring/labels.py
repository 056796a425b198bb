"""What came true, joined to what was predicted: labels come later, in any order, some twice, some never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, did_you_mean
from .log_files import REQUEST, TIME

IDS = (REQUEST, "prediction_id", "id")  # what the column of ids may be called
LABELS = ("label", "truth", "y_true", "actual")  # and that of labels, where it is not called as the target


@dataclass(frozen=True)
class JoinedLabels:
    """truth : the label of each prediction, as it was written, None where there is none; shape (n_rows,).

    n_labels : rows of the labels. n_missing : rows without an id or a label. n_repeated : rows that a later
    one of the same id replaced; n_changed : those of them that said otherwise. n_unknown : ids that no
    prediction has. n_shared : predictions left without a label since several have that id.
    """

    truth: np.ndarray
    n_labels: int
    n_missing: int
    n_repeated: int
    n_changed: int
    n_unknown: int
    n_shared: int

    @property
    def n_joined(self) -> int:
        return int(pd.notna(self.truth).sum())

    def sentences(self) -> list[str]:
        """Say what became of the labels."""
        n, n_joined = len(self.truth), self.n_joined
        said = [f"{self.n_labels:,} rows of labels: {n_joined:,} of {n:,} predictions have one."]
        counts = {
            f"of them came for an id that had one: the last counts ({self.n_changed:,} said otherwise)": (
                self.n_repeated
            ),
            "are of ids that no prediction here has": self.n_unknown,
            "lack an id or a label": self.n_missing,
        }
        said += [f"{n:,} {words}." for words, n in counts.items() if n]
        if self.n_shared:
            said.append(
                f"{self.n_shared:,} predictions share an id with others, so that nobody can say which of "
                "them a label is of: they are left out."
            )
        return said


def join_labels(predictions: pd.DataFrame, labels: pd.DataFrame, target: str) -> JoinedLabels:
    """Find the label of each prediction by its id.

    predictions : with `request_id`. labels : with a column of ids (one of IDS) and one of labels, which is
    called as the target or one of LABELS; where it has `time`, the latest of an id counts, else the last row.
    Raises DataError where a column is missing.
    """
    id_column = _column(labels, IDS, "ids of the predictions")
    label_column = _column(labels, (target, *LABELS), "labels")
    table = pd.DataFrame({"id": labels[id_column].map(as_text), "label": labels[label_column]})
    if TIME in labels and TIME not in (id_column, label_column):
        order = pd.to_datetime(labels[TIME], errors="coerce", utc=True, format="mixed")
        table = table.loc[order.sort_values(kind="stable", na_position="first").index]
    present = table[table["id"].notna() & table["label"].notna()]
    last = present.drop_duplicates("id", keep="last").set_index("id")["label"]
    later = present["id"].map(last)
    ids = predictions[REQUEST].map(as_text)
    shared = ids.duplicated(keep=False) & ids.notna()
    truth = ids.map(last).astype(object).where(~shared, None)
    return JoinedLabels(
        truth.where(truth.notna(), None).to_numpy(),
        n_labels=len(labels),
        n_missing=len(table) - len(present),
        n_repeated=len(present) - len(last),
        n_changed=int((present["label"].astype(str) != later.astype(str)).sum()),
        n_unknown=int((~last.index.isin(ids)).sum()),
        n_shared=int((shared & ids.isin(last.index)).sum()),
    )


def _column(labels, names, what):
    found = next((name for name in names if name in labels.columns), None)
    if found is None:
        near = did_you_mean(names[0], labels.columns)
        raise DataError(
            f"The table of labels has no column of {what}: it must be called {' or '.join(map(repr, names))}."
            f"{near} Found: {', '.join(map(str, labels.columns[:20]))}."
        )
    return found


def as_text(value: Any) -> str | None:
    """An id as text: 17 and 17.0 are one, as files with gaps make of whole numbers."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
