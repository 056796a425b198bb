"""A second try for calls whose worker died, of which memory is the usual reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...execution.protocol import Call, Engine


def run_kept(
    engine: Engine, calls: Sequence[Call], deadline: float | None, one_by_one: bool
) -> Iterator[tuple[str, Call, Any]]:
    """Yield as `Engine.run` with `keep` does. one_by_one : no other worker is there beside one at work."""
    if one_by_one:
        engine.stop_idle()
    for turn in [[call] for call in calls] if one_by_one else [calls]:
        yield from engine.run(turn, deadline, keep=True)
