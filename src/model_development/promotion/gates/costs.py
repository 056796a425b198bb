"""Gates of what a model costs to run: time, disk, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import DataError
from ...fitting.measure import prediction_times
from ...reports.numbers import format_number
from ...storage.model_folder import folder_size_mb
from ..gate_line import GateLine, interval_text, is_kept
from ..thresholds import Limit

if TYPE_CHECKING:
    import pandas as pd

    from ..gate_input import GateInput

REPEATS_ONE, REPEATS_BATCH = 41, 11
MEMORY_ROWS = 1000
PACKAGE_PARENT = Path(__file__).resolve().parents[3]


def check_latency(given: GateInput) -> Iterator[GateLine]:
    """Medians of repeated predictions, after one that does not count, on this machine and in this process."""
    asked = given.thresholds.latency
    if asked is None:
        return
    if asked.one_row_ms is not None:
        yield _timed(given, "one_row_ms", given.X.head(1), REPEATS_ONE, asked.one_row_ms)
    if asked.batch_ms is not None:
        batch = given.X.iloc[np.arange(asked.batch_rows) % len(given.X)].reset_index(drop=True)
        yield _timed(given, "batch_ms", batch, REPEATS_BATCH, asked.batch_ms)


def _timed(given: GateInput, name: str, batch: pd.DataFrame, repeats: int, most: float) -> GateLine:
    times = prediction_times(given.model, batch, repeats)
    value, (low, high) = float(np.median(times)), median_interval(times)
    judge_by = given.thresholds.judge_by
    what = "one row" if len(batch) == 1 else f"{len(batch)} rows"
    return GateLine(
        gate="",
        name=name,
        passed=is_kept(value, low, high, Limit(at_most=most), judge_by),
        sentence=f"Predicting {what} takes {format_number(value)} ms ({interval_text(low, high)}, median of "
        f"{repeats}); asked for: at most {format_number(most)} ms, judged by the {judge_by}.",
        value=value,
        low=low,
        high=high,
        threshold=most,
        rows=len(batch),
    )


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a median, from order statistics.

    Source: Conover (1999), Practical Nonparametric Statistics, section 3.2.

    >>> median_interval(list(range(41)))
    (14.0, 26.0)
    """
    from scipy.stats import binom

    ordered = np.sort(np.asarray(values, dtype=float))
    position = max(0, int(binom.ppf(0.025, len(ordered), 0.5)))
    return float(ordered[position]), float(ordered[len(ordered) - 1 - position])


def check_size(given: GateInput) -> Iterator[GateLine]:
    """MB (10^6 bytes) of the model's folder."""
    most = given.thresholds.size_mb
    if most is not None:
        size = folder_size_mb(given.folder)
        yield _plain("size_mb", size, most, f"The model takes {format_number(size)} MB on disk")


def check_memory(given: GateInput) -> Iterator[GateLine]:
    """The most memory of a fresh process that loads the model and predicts up to 1,000 rows."""
    most = given.thresholds.memory_mb
    if most is not None:
        peak = peak_memory_mb(given.folder, given.X.head(MEMORY_ROWS))
        what = f"A process that loads the model and predicts {len(given.X.head(MEMORY_ROWS))} rows takes"
        yield _plain("memory_mb", peak, most, f"{what} {format_number(peak)} MB of memory at most")


def _plain(name, value, most, said):
    sentence = f"{said}; asked for: at most {format_number(most)} MB."
    return GateLine(gate="", name=name, passed=value <= most, sentence=sentence, value=value, threshold=most)


def peak_memory_mb(folder: Path, X: pd.DataFrame) -> float:
    """Return the peak of a process of its own, in MB of 10^6 bytes. Raises DataError where it fails."""
    with tempfile.TemporaryDirectory() as place:
        rows = Path(place) / "rows.pkl"
        X.to_pickle(rows)
        done = subprocess.run(
            [sys.executable, "-m", "model_development.promotion.memory_probe", str(folder), str(rows)],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PACKAGE_PARENT), *filter(None, sys.path)])},
        )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DataError(f"The memory of the model cannot be measured: {reason}")
    return float(done.stdout.split()[-1]) / 1e6
