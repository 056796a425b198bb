"""A warning that knows of which kind it is, and of which column: the metrics count it by these."""

from __future__ import annotations


class InputWarning(str):
    """A sentence about a value of a row, which knows what it is about.

    kind : "missing_column", "unseen_category", "unreadable" or "out_of_range". column : its name.
    """

    __slots__ = ("column", "kind")
    kind: str
    column: str

    def __new__(cls, kind: str, column: str, sentence: str) -> InputWarning:
        made = super().__new__(cls, sentence)
        made.kind, made.column = kind, column
        return made

    def __getnewargs__(self) -> tuple[str, str, str]:  # type: ignore[override]
        """What another process makes it of."""
        return self.kind, self.column, str(self)


def kind_and_column(warning: str) -> tuple[str, str]:
    """(kind, column) of a warning; of a plain sentence ("other", "")."""
    return getattr(warning, "kind", "other"), getattr(warning, "column", "")
