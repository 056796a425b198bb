"""Steps of a notebook: a sentence or two, and the code that they are about."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pprint import pformat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode


WIDTH = 100  # characters of a line of code
PARAMETERS = "parameters"  # the tag by which papermill finds the cell that it may replace


@dataclass(frozen=True)
class Step:
    """One text cell and one code cell. tag : of the code cell; "" for none."""

    text: str
    code: str = ""
    tag: str = ""


def listed(names: Sequence[object]) -> str:
    """A list as Python writes it, in lines that can be read.

    >>> listed(["age", "city"])
    "['age', 'city']"
    """
    return pformat(list(names), width=WIDTH, compact=True)


def assigned(name: str, value: str) -> str:
    """`name = value`, the further lines of a list below its first one."""
    return f"{name} = " + value.replace("\n", "\n" + " " * (len(name) + 3))


def double_quoted(code: str) -> str:
    """The same code with texts in one kind of quotes, but those that hold such quotes.

    >>> print(double_quoted("f(x, 'age')  # it's"))
    f(x, "age")  # it's
    """
    lines = code.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        (row, begin), (_, end) = token.start, token.end
        text = token.string
        if token.type == tokenize.STRING and text[0] == "'" and not {'"', "\\"} & set(text):
            line = lines[row - 1]
            lines[row - 1] = f'{line[:begin]}"{text[1:-1]}"{line[end:]}'
    return "".join(lines)


def to_notebook(steps: Iterable[Step]) -> NotebookNode:
    """Return the steps as an nbformat notebook without outputs."""
    import nbformat.v4 as nb

    cells = []
    for step in steps:
        if step.text:
            cells.append(nb.new_markdown_cell(step.text))
        if step.code:
            tags = {"tags": [step.tag]} if step.tag else {}
            cells.append(nb.new_code_cell(double_quoted(step.code.strip("\n")), metadata=tags))
    for number, cell in enumerate(cells):  # else they are drawn, and no file is like another
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nb.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def as_text(notebook: NotebookNode) -> str:
    """A notebook as its file holds it."""
    import nbformat

    return nbformat.writes(notebook) + "\n"
