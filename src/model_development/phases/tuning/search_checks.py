"""What is to be doubted of a search.

Adding a check is one function, one row of SEARCH_CHECKS and the field of SearchSummary for what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...search.space import Space, at_edges

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from .trials import Trial


@dataclass(frozen=True)
class SearchCheck:
    """One row. label : begins a line of the overview. said : (model, space, best trial) -> sentences."""

    label: str
    said: Callable[[ModelSpec, Space, Trial | None], list[str]]


def edges(spec: ModelSpec, space: Space, best: Trial | None) -> list[str]:
    """The best combination has a parameter at an edge of what was tried: beyond it may be a better one."""
    if best is None:
        return []
    tried = {name: values for name, values in space.items() if name not in spec.efforts}
    return at_edges(tried, best.params, spec.limits.items())


SEARCH_CHECKS = {"edges": SearchCheck("Edge", edges)}  # by the field of SearchSummary
