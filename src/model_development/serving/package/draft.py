"""A package while it is being written: its model is there already, and answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...data.columns.schema import Column, TableSchema
    from ...predictor import Predictor
    from ..served_model import ServedModel
    from .contents import PackageContents, Row

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Draft:
    """rows : examples that the model answers, with their `answers`. packages : {distribution: version} of the
    model, as model.json has it."""

    contents: PackageContents
    folder: Path
    served: ServedModel
    packages: Mapping[str, str]
    rows: Sequence[Row]
    answers: Sequence[Mapping[str, Any]]

    @property
    def schema(self) -> TableSchema:
        return self.served.model.schema_

    @property
    def columns(self) -> list[Column]:
        """Columns that the model uses, in order."""
        return [column for column in self.schema.columns if column.kind != "dropped"]

    @property
    def others(self) -> list[str]:
        """Columns that are no features, but that the decision policy reads."""
        return columns_of_policy(self.served.model, beside=self.schema)

    def path(self, name: str) -> Path:
        """Where a file goes; its folder is there."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, text: str) -> None:
        """Write a text file."""
        self.path(name).write_text(text, encoding="utf-8")

    def fill(self, name: str, template: str | None = None, **values: Any) -> None:
        """Write a file from its template, which is called as the file where it is not named."""
        called = in_one_line(self.contents.name)
        text = rendered(template or Path(name).name, name=called, **values)
        self.write(name, text)


def in_one_line(name: str) -> str:
    """Return a name as a comment or docstring holds it: no quotes, backslashes, new lines.

    >>> in_one_line("a\\\\new \\"model\\"")
    'a new model'
    """
    return " ".join(re.sub(r'[\\"\x00-\x1f]', " ", name).split())


def columns_of_policy(model: Predictor, beside: TableSchema) -> list[str]:
    """Columns that a model's decision policy reads, and that a schema does not have."""
    policy, known = model.decision_policy_, {column.name for column in beside.columns}
    return [name for name in (policy.columns if policy else ()) if name not in known]


def rendered(template: str, **values: Any) -> str:
    """Return the text of a template of this folder with some values put in. Unknown names are errors."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{template}.jinja").render(**values)
