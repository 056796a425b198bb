"""Charts with their alternative texts, as a section takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ..reports.chart import Chart, UndrawnChart
from ..reports.section import Picture

Drawn: TypeAlias = "tuple[Chart | UndrawnChart | None, str]"


def pictures(charts: Mapping[str, Drawn]) -> dict[str, Picture]:
    """Return {title: Picture} of {title: (chart, alternative text)}; what has nothing to show is left out."""
    return {title: Picture(chart, alt) for title, (chart, alt) in charts.items() if chart is not None}
