"""Code for the target: how its column is read, and in which unit a model sees it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tasks.target_unit import DIGITS, Freedom
from .cells import Step
from .columns import NUMBERS, first_that_gives, same_values

if TYPE_CHECKING:
    from ...tasks.base import Task


LABELS = (
    "raw[name].to_numpy()",
    "raw[name].astype(str).str.strip().to_numpy()",
    'raw[name].astype("int64").to_numpy()',
    "raw[name].astype(float).to_numpy()",
    "raw[name].astype(bool).to_numpy()",
)
CLASSES = Step(
    "A model sees the classes as 0, 1, ... in their order among the training rows.",
    "classes, y_train = np.unique(target[:n_train], return_inverse=True)",
)
STANDARDISED = Step(
    "A model sees the target in units of its spread, about its mean: libraries compare with fixed numbers, "
    "and that makes no result depend on the unit of the table. Differences are taken from a value of the "
    "target first, which is exact.",
    f"""
middle = np.partition(target[:n_train], n_train // 2)[n_train // 2]
apart = target[:n_train] - middle
peak = np.abs(apart).max() or 1.0
apart /= peak
center, spread = apart.mean(), apart.std() or 1.0
y_train = np.round((apart - center) / spread, {DIGITS})
target_center, target_scale = float(middle + center * peak), float(spread * peak)
""",
)
SCALED = Step(
    "A model sees the target in a unit of its own size, zero where it is: libraries compare with fixed "
    "numbers.",
    """
peak = np.abs(target[:n_train]).max() or 1.0
target_center = 0.0
target_scale = float(peak * np.sqrt(np.mean((target[:n_train] / peak) ** 2))) or 1.0
y_train = target[:n_train] / target_scale
""",
)
GIVEN = Step(
    "The model sees the target as it is.",
    "y_train, target_center, target_scale = target[:n_train], 0.0, 1.0",
)
UNITS = {Freedom.STANDARDISED: STANDARDISED, Freedom.SCALED: SCALED, Freedom.GIVEN: GIVEN}
SAID_CLASSES = Step(
    "The probability of each class for each validation row, and how often the likeliest class is right.",
    """
predictions = pd.DataFrame(outputs, columns=[f"p_{label}" for label in classes])
right = classes[outputs.argmax(axis=1)] == target[n_train:]
print(f"accuracy on {len(right)} validation rows: {right.mean():.4f}")
predictions.head()
""",
)
SAID_NUMBERS = Step(
    "The predictions for the validation rows, in the unit of the table, and their mean error.",
    """
predictions = pd.DataFrame({"prediction": outputs.astype(float) * target_scale + target_center})
errors = np.abs(predictions["prediction"] - target[n_train:])
print(f"mean absolute error on {len(errors)} validation rows: {errors.mean():.6g}")
predictions.head()
""",
)


def find_target(task: Task, tools: dict[str, Any], y: np.ndarray) -> str | None:
    """Return code that gives the target `y` of the rows `raw` that are in `tools`; None where none does."""
    codes = LABELS if task.has_classes else [f"{code}.to_numpy()" for code in NUMBERS if "{" not in code]
    if tools["raw"] is None:
        return None
    wanted = y if task.has_classes else y.astype(float)
    return first_that_gives(codes, tools, task.target, partial(same_values, theirs=wanted))


def unit_step(task: Task, freedom: Freedom) -> Step:
    """How a model sees the target; sets `y_train`, and `classes` or `target_center` and `target_scale`."""
    return CLASSES if task.has_classes else UNITS[freedom]


def said_step(task: Task) -> Step:
    """From the `outputs` of a model to the table `predictions`."""
    return SAID_CLASSES if task.has_classes else SAID_NUMBERS


def preprocessor_target(task: Task) -> str:
    """Of what means per category are taken: codes of classes, or the target in the unit of the table."""
    return "y_train" if task.has_classes else "target[:n_train]"
