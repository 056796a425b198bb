"""The results of single folds as files: one each to resume from, and all of them as Parquet for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..storage.files import replacing
from ..tasks.predictions import Predictions

if TYPE_CHECKING:
    from ..data.development import DevelopmentData


@dataclass(frozen=True)
class FoldResult:
    """What came of one fold.

    rows : fingerprint of the rows that it fitted and scored, see `rows_fingerprint`. share : of the training
        rows that took part, 1.0 where a time budget took none away. n_fitted : rows.
    values, reasons : see `metrics.score`. seconds : of `fit` alone. cost_s : seconds with preprocessing and
        scoring, which a Plan reckons with.
    predictions : Predictions for the rows that were left out.
    """

    number: int
    rows: str
    share: float
    n_fitted: int
    values: dict[str, float | None]
    reasons: dict[str, str]
    seconds: float
    cost_s: float
    predictions: Predictions


class FoldFiles:
    """The folds of one piece of work that are done, each a file of a folder, whole or absent.

    folder : of one fingerprint of all that a result depends on, see `phases.recording.result_key`; None
        keeps nothing. device : where they are fitted; a fold of the GPU does not go with those of the CPU.
    """

    def __init__(self, folder: Path | str | None, device: str) -> None:
        self.folder, self.device = Path(folder) if folder else None, device

    @cached_property
    def results(self) -> dict[int, FoldResult]:
        """{number: FoldResult} of what an earlier try has finished; a damaged file is no fold."""
        paths = sorted(self.folder.glob(f"fold_*_{self.device}.npz")) if self.folder else []
        found = filter(None, map(_read, paths))
        return {result.number: result for result in found}

    def find(self, number: int, rows: str) -> FoldResult | None:
        """The FoldResult of a fold, if it was fitted and scored on these very rows; else None."""
        result = self.results.get(number)
        return result if result and result.rows == rows else None

    def save(self, result: FoldResult) -> None:
        """Write a FoldResult; it is on the disk when this returns.

        A disk that is full, or a folder that another process has removed, costs the file and no more.
        """
        if self.folder is None:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(self.folder / f"fold_{result.number}_{self.device}.npz") as temporary:
                _write(temporary, result)


def rows_fingerprint(fit_rows: np.ndarray, score_rows: np.ndarray) -> str:
    """Fingerprint of two arrays of positions."""
    digest = hashlib.sha256()
    for rows in (fit_rows, score_rows):
        digest.update(np.asarray([len(rows), *rows], dtype="int64").tobytes())
    return digest.hexdigest()[:24]


def _write(path, result):
    predictions = result.predictions
    arrays = {"labels": predictions.labels, "probabilities": predictions.probabilities}
    about = {name: value for name, value in vars(result).items() if name != "predictions"}
    about["positive"] = predictions.positive
    arrays = {name: values for name, values in arrays.items() if values is not None}
    np.savez(path, about=np.array(json.dumps(about)), **arrays)


def _read(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            predictions = Predictions(file["labels"], file.get("probabilities"), about.pop("positive"))
            return FoldResult(**about, predictions=predictions)
    except Exception:  # zip, zlib, numpy and json each have errors of their own for bytes that are wrong
        return None


def save_out_of_fold(
    data: DevelopmentData,
    folds: Mapping[int, tuple[np.ndarray, np.ndarray]],
    left_out: Mapping[int, tuple[np.ndarray, Predictions]],
    path: Path | str,
) -> None:
    """Write what each fold said of the rows that it left out, as Parquet. folds : see Plan.

    Columns: `row` (position among the training rows), `fold`, and `prediction` or, for each class, its
    probabilities as `p_` and the label. Rows that no fold left out (by time, the earliest) are absent, and
    most of very many that a model of few of them did not score.
    """
    parts = []
    for number, (_, outcome) in left_out.items():
        rows = folds[number][1]
        part = data.task.output_table(outcome)
        part.insert(0, "fold", number)
        part.insert(0, "row", rows)
        parts.append(part)
    with replacing(path) as temporary:
        pd.concat(parts).sort_values("row").to_parquet(temporary, index=False)
