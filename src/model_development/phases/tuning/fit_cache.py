"""What came of single fits, a combination on a fold: written down at once, so that none is done twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Outcome
from ...fitting.measured import Measured
from ...fitting.summary import join_folds, split_folds
from ...storage import files as artifacts
from ...storage.files import plain
from ...storage.journal import Journal
from ..training.recording import kept_result, result_key

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ..session import Session


class FitCache:
    """What searches of a model on these rows, with this code and these packages, have fitted so far.

    Among them the baseline, of `baseline_params`: phase 1 has fitted it on the same folds, or some of them.

    A part, what came of a fit, is a dict of `status` ("ok", "skipped" or "failed"), `cause`, `reason`,
    `measured` (of `combinations.try_combinations`) and `seconds`.
    """

    def __init__(self, session: Session, spec: ModelSpec, baseline_params: Mapping[str, Any]) -> None:
        about = {"baseline": spec.baseline_of(session.task.family), "in_search": spec.in_search}
        self.key = result_key(session, spec, about)
        path = session.record.path(artifacts.CHECKPOINTS_FOLDER) / f"search_{spec.name}.jsonl"
        resume = session.context.settings.resume
        self._journal = Journal(path, self.key, fresh=not resume)
        self._parts = _of_phase_1(session, spec, baseline_params) if resume else {}
        self._parts |= {_about(e["params"], e["share"], e["fold"]): e["part"] for e in self._journal.entries}
        self._earlier = set(self._parts)

    def parts(
        self, params: Mapping[str, Any], share: float, folds: Iterable[int | str]
    ) -> list[dict[str, Any]]:
        """The parts of those of the folds on which these parameters were fitted."""
        about = [_about(params, share, fold) for fold in folds]
        return [self._parts[key] for key in about if key in self._parts]

    def were_there(self, params: Mapping[str, Any], share: float, folds: Iterable[int]) -> bool:
        """Were all of these known before this search began?"""
        return all(_about(params, share, fold) in self._earlier for fold in folds)

    def add(
        self, share: float, fold: int | str, done: Iterable[tuple[dict[str, Any], dict[str, Any]]]
    ) -> None:
        """Write down what came of a fold, but for what failed, which may go well another time.

        done : (params, part) of each combination.
        """
        entries = [
            {"params": params, "share": share, "fold": fold, "part": part}
            for params, part in done
            if part["status"] != "failed" and not self.parts(params, share, [fold])
        ]
        self._journal.add(entries)
        self._parts |= {_about(e["params"], share, fold): e["part"] for e in entries}

    def take_over(self, params: Mapping[str, Any], measured: Measured) -> None:
        """Write down what was measured elsewhere, on all rows. measured : see `summarize`."""
        for fold, part in _by_fold(measured).items():
            self.add(1.0, fold, [(dict(params), part)])


def part_of(outcome: Outcome, result: Measured | str | None, seconds: float) -> dict[str, Any]:
    """The part of one combination. result : its entry in what `combinations.try_combinations` returned."""
    part: dict[str, Any] = {"status": outcome.status, "cause": outcome.cause, "reason": outcome.reason}
    part |= {"measured": {}, "seconds": seconds}
    if isinstance(result, str):
        return part | {"status": "skipped", "reason": result}
    return part | {"measured": result or {}}


def join_parts(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The parts of several folds as one; where one of them went wrong, what was wrong with it."""
    bad = next((part for part in parts if part["status"] != "ok"), None)
    return {
        **{name: (bad or parts[0])[name] for name in ("status", "cause", "reason")},
        "measured": {} if bad else join_folds([part["measured"] for part in parts]),
        "seconds": sum(part["seconds"] for part in parts),
    }


def _of_phase_1(session, spec, params):
    """The parts of what phase 1 has fitted with these parameters on all rows, on as many folds as it had."""
    result = kept_result(session, spec.name, result_key(session, spec, params))
    if result is None or result.measured.get("share_of_rows") != 1:
        return {}
    return {_about(params, 1.0, fold): part for fold, part in _by_fold(result.measured).items()}


def _by_fold(measured):
    """{number of a fold: the part of a model that was cross-validated}."""
    parts = split_folds(measured)
    return {part["folds"][0]: part_of(Outcome(), part, part["fit_cost_s"]) for part in parts}


def _about(params, share, fold):
    return json.dumps([plain(params), share, fold], sort_keys=True)
