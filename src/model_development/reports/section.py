"""A part of a report: sentences, tables and charts, and what of it goes into files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from .chart import Chart, UndrawnChart


@dataclass(frozen=True)
class Picture:
    """A chart for a report. alt : what it shows, in a sentence, for those who cannot see it."""

    chart: Chart | UndrawnChart
    alt: str


@dataclass(frozen=True)
class Section:
    """What an analysis or explanation has found.

    sentences : what people read first, each true by the numbers that stand below it.
    tables : {caption: DataFrame}, small enough for a page. pictures : {caption: Picture}.
    warnings : sentences that belong on the first page too.
    files : {name in the artifacts folder: DataFrame (.csv or .parquet), or text}.
    values : what others read of it as numbers; goes into evaluation_metrics.json under the row's name.
    """

    sentences: tuple[str, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    files: Mapping[str, pd.DataFrame | str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
