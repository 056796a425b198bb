"""Tables and texts as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from .html import cell, templates, with_names


def markdown_table(table: pd.DataFrame) -> str:
    """Return a DataFrame as a Markdown table.

    >>> print(markdown_table(pd.DataFrame({"a|b": [1, None], "c": ["x", "y"]}, dtype=object)))
    | a\\|b | c |
    |---|---|
    | 1 | x |
    | – | y |
    """
    table = with_names(table)
    columns = [[plain(cell(value).text) for value in table.iloc[:, k]] for k in range(table.shape[1])]
    heads = [plain(str(name)) for name in table.columns]
    lines = [heads, *zip(*columns, strict=True)]
    rows = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(heads), *rows[1:]])


SIGNS = re.compile(r"[\\|`*\[]|<(?=[A-Za-z/!?])")  # what begins a table cell, code, stress, a link, a tag


def plain(text: str) -> str:
    """A text that Markdown takes for nothing else, on one line.

    >>> print(plain("a|b <i> *c*"))
    a\\|b \\<i> \\*c\\*
    """
    return " ".join(SIGNS.sub(r"\\\g<0>", text).split())


def model_card(content: Mapping[str, Any]) -> str:
    """Return the text of model_card.md."""
    text = templates().get_template("model_card.md").render(**content)
    lines = text.splitlines()
    kept = [line for k, line in enumerate(lines) if line.strip() or (k and lines[k - 1].strip())]
    return "\n".join(kept) + "\n"
