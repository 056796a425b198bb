"""Sections as HTML: one page that needs no network, and what a notebook shows."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .chart import Chart
from .numbers import format_number

if TYPE_CHECKING:
    from jinja2 import Environment

    from .section import Picture, Section

TEMPLATES = Path(__file__).with_name("templates")
COLORS = 192  # of a chart in a report: a third of the bytes, and no difference that is seen
WIDEST = 1400  # pixels of a chart in a report
WIDE = 900  # pixels, from which on a phone a chart is moved sideways to be read
MOST_ROWS = 40  # of a table on the page; all of them are in the files
LONGEST = 120  # characters of a cell
P_VALUES = ("p", "p_holm", "p_adjusted", "p_value")
SMALLEST_P = 0.0001


@dataclass(frozen=True)
class Cell:
    """A cell of a table on the page."""

    text: str
    is_number: bool


def templates() -> Environment:
    """Where the templates are; text in HTML is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def report_page(
    title: str,
    origin: str,
    lead: Sequence[str],
    facts: Sequence[tuple[str, str, str]],
    warnings: Sequence[str],
    sections: Iterable[tuple[str, str, Section]],
) -> str:
    """Return the page. facts : (name, large, small). sections : (anchor, heading, Section), in order."""
    return (
        templates()
        .get_template("evaluation_report.html")
        .render(
            title=title,
            origin=origin,
            lead=lead,
            facts=facts,
            warnings=warnings,
            sections=[_section(*section) for section in sections],
        )
    )


def _section(anchor: str, title: str, section: Section) -> dict[str, Any]:
    return {
        "anchor": anchor,
        "title": title,
        "warnings": section.warnings,
        "sentences": [text for text in section.sentences if text not in section.warnings],
        "pictures": [_picture(caption, picture) for caption, picture in section.pictures.items()],
        "tables": [page_table(*named) for named in section.tables.items() if len(named[1])],
    }


def _picture(caption: str, picture: Picture) -> dict[str, Any]:
    if not isinstance(picture.chart, Chart):
        return {"data": "", "alt": "", "caption": f"{caption}: {picture.chart!r}"}
    png = small_png(picture.chart.png)
    is_wide = int.from_bytes(png[16:20], "big") > WIDE  # as its header says
    return {
        "data": base64.b64encode(png).decode(),
        "alt": picture.alt,
        "caption": caption,
        "is_wide": is_wide,
    }


def small_png(png: bytes) -> bytes:
    """Return a PNG with fewer colours, and no wider than a page needs."""
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        plain = image.convert("RGB")
        if plain.width > WIDEST:
            plain = plain.resize(
                (WIDEST, round(plain.height * WIDEST / plain.width)), Image.Resampling.LANCZOS
            )
        file = BytesIO()
        plain.quantize(COLORS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return min(file.getvalue(), png, key=len)


def page_table(caption: str, table: pd.DataFrame) -> Mapping[str, Any]:
    """Return a DataFrame as the template takes it: its first rows, each cell as text."""
    table = with_names(table)
    if len(table) > MOST_ROWS:
        caption = f"{caption} (the first {MOST_ROWS} of {len(table)} rows)"
    shown = table.head(MOST_ROWS)
    columns = [
        [p_cell(value) if name in P_VALUES else cell(value) for value in shown.iloc[:, position]]
        for position, name in enumerate(shown.columns)
    ]
    return {
        "caption": caption,
        "columns": [str(name) for name in shown.columns],
        "are_numbers": [all(one.is_number for one in cells) for cells in columns],
        "rows": list(zip(*columns, strict=True)),
    }


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return a DataFrame whose rows have no names but numbers: names become its first columns.

    >>> with_names(pd.DataFrame({"n": [1]}, index=["a"])).to_dict("list")
    {'': ['a'], 'n': [1]}
    """
    if isinstance(table.index, pd.RangeIndex):
        return table
    names = [name or "" for name in table.index.names]
    return table.reset_index(names=names, allow_duplicates=True)


def cell(value: Any) -> Cell:
    """Return a value as people read it.

    >>> cell(0.123456), cell(None).text, cell("a")
    (Cell(text='0.1235', is_number=True), '–', Cell(text='a', is_number=False))
    """
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return Cell("–", True)
    if isinstance(value, bool | np.bool_):
        return Cell("yes" if value else "no", False)
    if isinstance(value, int | np.integer):
        whole = int(value)
        return Cell(f"{whole:,}" if abs(whole) >= 10_000 else str(whole), True)
    if isinstance(value, float | np.floating):
        return Cell(format_number(float(value)), True)
    text = str(value)
    return Cell(text if len(text) <= LONGEST else f"{text[:LONGEST]}…", False)


def p_cell(value: Any) -> Cell:
    """Return a p-value as people read it.

    >>> p_cell(1e-42).text, p_cell(0.0123).text
    ('< 0.0001', '0.0123')
    """
    if isinstance(value, float | np.floating) and 0 <= value < SMALLEST_P:
        return Cell(f"< {SMALLEST_P:.4f}", True)
    return cell(value)


def section_html(title: str, section: Section) -> str:
    """Return a Section for a notebook: sentences, charts, tables."""
    from html import escape

    made = _section("", title, section)
    parts = [f"<h3>{escape(title)}</h3>"] if title else []
    parts += [f"<p>{escape(text)}</p>" for text in [*made["warnings"], *made["sentences"]]]
    for picture in made["pictures"]:
        if picture["data"]:
            alt = escape(picture["alt"], quote=True)
            source = f"data:image/png;base64,{picture['data']}"
            parts.append(f'<img src="{source}" alt="{alt}" style="max-width: 100%">')
        parts.append(f"<p><em>{escape(picture['caption'])}</em></p>")
    for table in made["tables"]:
        heads = "".join(f"<th>{escape(name)}</th>" for name in table["columns"])
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(c.text)}</td>" for c in row) + "</tr>" for row in table["rows"]
        )
        parts.append(f"<p><strong>{escape(table['caption'])}</strong></p>")
        parts.append(f'<table style="font-size: 80%"><tr>{heads}</tr>{rows}</table>')
    return "\n".join(parts)
