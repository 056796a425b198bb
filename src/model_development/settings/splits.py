"""The table of splits: the column that each one needs, and what it means for rows and folds.

How each one assigns rows is one function in data/splitting/splits.py.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """One row, a value of the setting `split`.

    column : setting of the column that it needs. is_in_time : are later rows held out, so that rows depend on
    their neighbours, and each fold is fitted on what came before? keeps_groups : is each group of `column`
    whole in one part and fold? is_given : has the user put the rows into parts? Then folds keep to the groups
    or the time that settings name.
    """

    name: str
    column: str | None = None
    is_in_time: bool = False
    keeps_groups: bool = False
    is_given: bool = False


SPLITS: dict[str, Split] = {
    split.name: split
    for split in (
        Split("stratified"),
        Split("time", "time_column", is_in_time=True),
        Split("group", "group_column", keeps_groups=True),
        Split("column", "split_column", is_given=True),
    )
}
