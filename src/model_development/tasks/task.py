"""What is to be predicted: the kind of problem, its classes, and which of them is positive."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import DataError, did_you_mean

MAX_INTEGER_CLASSES = 20  # a whole-number target with more values than this is a quantity
LABEL_TYPES = (str, int, float, bool)  # what a saved model can carry
POSITIVE_WORDS = ("1", "1.0", "true", "yes", "y", "positive", "pos", "bad", "t")


@dataclass(frozen=True)
class Task:
    """One prediction problem.

    kind : "binary", "multiclass" or "regression".
    classes : the labels as they stand in the table, sorted; empty for regression.
    positive_class : the label that precision, recall and F1 are about; binary only.
    """

    kind: str
    target: str
    classes: tuple = ()
    positive_class: object = None

    @property
    def family(self):
        """ "classification" or "regression": what a model's builder needs to know."""
        return "regression" if self.kind == "regression" else "classification"

    @property
    def positive_index(self):
        """Position of the positive class in `classes`; None unless binary."""
        return self.classes.index(self.positive_class) if self.kind == "binary" else None

    def encode(self, y):
        """Return labels as positions in `classes`, shape (n_rows,); regression: floats.

        Raises KeyError for a label that is no class.
        """
        if self.kind == "regression":
            return np.asarray(y, dtype=float)
        labels = pd.Index(y, dtype=object)  # of objects: pandas would make texts of its own of all of them
        codes = pd.Index(self.classes, dtype=object).get_indexer(labels)
        if (codes < 0).any():
            raise KeyError(labels[codes < 0][0])
        return codes


def make_task(y, target, problem_type="auto", positive_class=None):
    """Find out what kind of problem the target `y` (a Series without missing values) poses.

    Raises DataError when the target has one value only, does not fit `problem_type`, or does not
    hold `positive_class`.

    >>> make_task(pd.Series(["good", "bad", "good"]), "class")
    Task(kind='binary', target='class', classes=('bad', 'good'), positive_class='bad')
    >>> make_task(pd.Series([0.5, 1.25, 3.0]), "price").kind
    'regression'
    """
    _refuse_infinite(y, target)
    n_values = y.nunique()
    if n_values < 2:
        raise DataError(
            f"The target {target!r} holds one value only ({y.iloc[0]}) in all {len(y)} rows: "
            "there is nothing to learn. Check `target_variable`, or the filter that made the table."
        )
    kind = _guess_kind(y, n_values) if problem_type == "auto" else problem_type
    if kind == "regression":
        _require_numbers(y, target)
        return Task("regression", target)
    classes = _sorted_labels(y)
    if kind == "binary" and len(classes) != 2:
        raise DataError(
            f"`problem_type` is 'binary', but the target {target!r} holds {len(classes)} values. "
            "Set `problem_type` to 'auto' or 'multiclass'."
        )
    if kind == "binary":
        return Task("binary", target, classes, _positive_class(y, target, classes, positive_class))
    return Task("multiclass", target, classes)


def _guess_kind(y, n_values):
    if n_values == 2:
        return "binary"
    if not pd.api.types.is_numeric_dtype(y) or pd.api.types.is_bool_dtype(y):
        return "multiclass"
    whole = pd.api.types.is_integer_dtype(y) or bool((y == y.round()).all())
    return "multiclass" if whole and n_values <= MAX_INTEGER_CLASSES else "regression"


def _refuse_infinite(y, target):
    if pd.api.types.is_numeric_dtype(y) and np.isinf(y.to_numpy(dtype=float)).any():
        raise DataError(f"The target {target!r} holds infinite values. Remove or cap those rows.")


def _require_numbers(y, target):
    if not pd.api.types.is_numeric_dtype(y):
        raise DataError(
            f"`problem_type` is 'regression', but the target {target!r} holds text such as "
            f"{y.iloc[0]!r}. Make it a number, or set `problem_type` to 'auto'."
        )


def _sorted_labels(y):
    labels = pd.unique(y).tolist()
    odd = sorted({type(label).__name__ for label in labels if not isinstance(label, LABEL_TYPES)})
    if odd:
        raise DataError(
            f"The target {y.name!r} holds labels of type {', '.join(odd)}. "
            "Write labels as text, whole numbers or booleans."
        )
    try:
        return tuple(sorted(labels))
    except TypeError:
        kinds = ", ".join(sorted({type(label).__name__ for label in labels}))
        raise DataError(
            f"The target {y.name!r} mixes labels of several types ({kinds}). Write every label in one type."
        ) from None


def _positive_class(y, target, classes, wanted):
    """Take the user's choice; else the label that means yes; else the rarer one."""
    if wanted is not None:
        for label in classes:
            if label == wanted or str(label) == str(wanted):
                return label
        raise DataError(
            f"`positive_class` is {wanted!r}, but the target {target!r} holds "
            f"{classes[0]!r} and {classes[1]!r}.{did_you_mean(wanted, classes)}"
        )
    meaning_yes = [label for label in classes if str(label).strip().lower() in POSITIVE_WORDS]
    if len(meaning_yes) == 1:
        return meaning_yes[0]
    counts = y.value_counts()
    return min(classes, key=lambda label: (counts[label], str(label)))
