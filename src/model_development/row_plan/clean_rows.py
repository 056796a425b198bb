"""What a schema makes of raw rows: numbers, texts, and what is to be said of unusual values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from .input_warning import InputWarning


@dataclass(frozen=True)
class CleanRow:
    """What `TableSchema.clean` makes of a row.

    numbers : in the order of `numeric_names`, NaN is missing. texts : of the categories, then of the columns
    of sentences, None is missing. remarks : what is to be said of unusual values.
    """

    numbers: list[float]
    texts: list[str | None]
    remarks: tuple[InputWarning, ...]


@dataclass(frozen=True)
class CleanRows:
    """The same of many rows.

    numbers : shape (n_rows, n_numbers). texts : a list for each column. remarks : a tuple for each row.
    """

    numbers: np.ndarray
    texts: Sequence[Sequence[str | None]]
    remarks: Sequence[tuple[InputWarning, ...]]

    def __len__(self) -> int:
        return len(self.remarks)
