"""In which order models are trained: without a limit the longest first, within one the most promising."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...models.spec import USUAL_COLUMNS

if TYPE_CHECKING:
    from ...models.spec import ModelSpec

NOMINAL_SHAPE = 10_000, USUAL_COLUMNS  # before the table has been read
LEADING = 0.5  # `promise`


def is_leading(spec: ModelSpec) -> bool:
    """Is a winner or an ensemble likely made of it?"""
    return spec.promise >= LEADING


def longest_first(specs: Iterable[ModelSpec]) -> list[ModelSpec]:
    """So that no core waits for a long one at the end."""
    return sorted(specs, key=lambda spec: -spec.relative_cost)


def most_promising_first(
    specs: Iterable[ModelSpec],
    shape: tuple[int, int] = NOMINAL_SHAPE,
    n_classes: int = 2,
    n_characters: int = 0,
) -> list[ModelSpec]:
    """By what a second of training promises, on a table of so many (training rows, columns).

    n_classes, n_characters : see `ModelSpec.expected_s`.

    >>> from model_development.models.table import MODELS
    >>> [spec.name for spec in most_promising_first(MODELS.values(), (30_000, 12))][:3]
    ['dummy_floor', 'lightgbm_baseline', 'xgboost_baseline']
    """

    def worth(spec):
        return spec.promise / spec.expected_s(shape, n_classes, n_characters)

    return sorted(specs, key=lambda spec: (not spec.is_dummy, -worth(spec)))
