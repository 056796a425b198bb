"""What a package is written from: all of it is known before the first file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...monitoring.reference import Reference

Row = dict[str, Any]  # {column: value that JSON has}


@dataclass(frozen=True, kw_only=True)
class PackageContents:
    """One model with what goes with it.

    model_folder : what `load_folder` reads; an ensemble too. name, version : as they are to be called.
    target, positive_class : as the table and the settings have them. origin : what the records say of where
    it is from, such as `project` and `data_fingerprint`. fitted_on : rows, in words. params : of the model.
    metrics : {name: figure, or {"value", "low", "high"}}. settings : those of the run. other_columns : of the
    table, that are no features, but that the settings name. reference : what the training rows were like.
    rows : made up, or of the table where the user allows that (`rows_are_real`); the first has a value in
    each column. background : rows that explanations are made against; () for a package without them.
    model_card : text of phase 3; None where it was not run.
    """

    model_folder: Path
    name: str
    version: str
    target: str
    reference: Reference
    rows: Sequence[Row]
    rows_are_real: bool = False
    positive_class: Any = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    fitted_on: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    other_columns: Sequence[str] = ()
    background: Sequence[Row] = ()
    model_card: str | None = None
