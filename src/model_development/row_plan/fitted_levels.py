"""Fitted encoders of categories as tables.

The encoder itself is asked, once, for every level that it knows, for a level that it does not know, and for a
missing one: each column of its output depends on one column of its input alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from .levels import Cells, LevelTable

ENCODERS = (OneHotEncoder, OrdinalEncoder, TargetEncoder)
NO_LEVEL = "\x00 no level of any column"


def level_tables(
    step: Any, names: Sequence[str], positions: np.ndarray, sources: np.ndarray
) -> list[LevelTable] | None:
    """Return a table for each of the columns `names` of a fitted encoder, or of a pipeline with one.

    positions : where its outputs stand in the matrix. sources : which of `names` each output is made of.
    None where it is no such encoder.
    """
    encoder = step.steps[0][1] if isinstance(step, Pipeline) else step
    if not isinstance(encoder, ENCODERS):
        return None
    levels = [[text for text in known if isinstance(text, str)] for known in encoder.categories_]
    asked = [[NO_LEVEL, None, *texts] for texts in levels]
    n_rows = max(map(len, asked))
    rows = pd.DataFrame(
        {
            name: pd.Series(texts + [None] * (n_rows - len(texts)), dtype=object)
            for name, texts in zip(names, asked, strict=True)
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of levels that the encoder does not know
        said = np.asarray(step.transform(rows))
    tables = []
    for column, texts in enumerate(asked):
        own = np.flatnonzero(sources == column)
        cells = [_cells(said[row, own], positions[own]) for row in range(len(texts))]
        tables.append(LevelTable(dict(zip(texts[1:], cells[1:], strict=True)), cells[0]))
    return tables


def _cells(numbers: np.ndarray, positions: np.ndarray) -> Cells:
    return tuple(
        (int(position), float(number))
        for position, number in zip(positions, numbers, strict=True)
        if number != 0 or np.signbit(number)
    )
