"""The parent run of a search: a new one, one that was cut off, or one that has said all there is to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...storage import files as artifacts
from ...storage.checkpoints import work_key
from ...tracking.handed_over import publish_again
from .charts import CHARTS
from .finished_search import read_search, search_overview
from .pool_models import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from ...models.spec import ModelSpec
    from ...search.strategies import Strategy
    from ..session import Session
    from ..training_result import TrainedModel
    from .baseline import Baseline
    from .strategy_choice import SearchOptions


SEARCH_TAG = "search_key"
HANDED_OVER = "handed_over"  # tag: when; of such a run no more than context file and end can be missing
COMPLETE = "complete"  # tag: see `SearchResult.is_complete`
SECOND = "second_criterion"  # tag
FILES = (*CHARTS, artifacts.ENSEMBLE, artifacts.ENSEMBLE_OOF)  # that a search may have
CONTINUES, CONTINUED_IN = "continues", "continued_in"  # tags: ids of runs


def parent_name(spec: ModelSpec) -> str:
    """Name of the parent run of a search around a model."""
    return f"{spec.framework}_tuning_parent"


@dataclass(frozen=True)
class Earlier:
    """The latest run of the same search that is not at work."""

    run_id: str
    status: str
    tags: dict[str, str]

    @property
    def is_handed_over(self) -> bool:
        return HANDED_OVER in self.tags

    def answers(self, options: SearchOptions) -> bool:
        """Has it found all that is asked for?"""
        has_second = options.second in (None, self.tags.get(SECOND))
        return self.is_handed_over and self.tags.get(COMPLETE) == "True" and has_second


class ParentRuns:
    """The parent runs of one search: of a model, rows, code, strategy, space, metric and baseline.

    pool : models of phase 1 that an ensemble can be made of. With others it is another search, whose fits are
    known where they are the same.
    """

    def __init__(
        self,
        session: Session,
        spec: ModelSpec,
        options: SearchOptions,
        plan: Strategy,
        baseline: Baseline,
        fits_key: str,
        pool: Sequence[TrainedModel] = (),
    ) -> None:
        asked = {
            "strategy": options.strategy,
            "n_planned": plan.n_planned,
            "space": repr(plan.space),
            "metric": session.metric.name,
            "ensemble": session.context.settings.ensemble,
            "baseline": [baseline.params, baseline.cv_mean, baseline.validation_value],
        }
        if asked["ensemble"] != NEVER:
            asked["pool"] = [(model.name, model.params, model.folds, model.cv) for model in pool]
        if plan.learns:  # what it asks for depends on how much at once, and whether time is its only end
            until_time = options.n_trials is None and options.timeout_s is not None
            asked |= {"at_once": session.engine.n_slots, "until_time": until_time}
        if plan.has_two_values:
            asked |= {"second": options.second}
        self.store = session.record.store
        self.name = parent_name(spec)
        self.tags = {
            "phase": 2,
            "framework": spec.framework,
            "strategy": options.strategy,
            SEARCH_TAG: work_key(fits=fits_key, **asked),
        }
        self.earlier = None
        if session.context.settings.resume:
            found = self.store.latest_run(self.name, self.tags)
            self.earlier = found and Earlier(*found)

    def open(self, options: SearchOptions) -> tuple[AbstractContextManager[str], str | None]:
        """Open the run to search under; return it as a context, and the id of one whose search it continues.

        A search that was cut off goes on under its own run. One that was handed over, and of which more is
        wanted, keeps its run as it is; the next one takes over the runs of its combinations.
        """
        earlier = self.earlier
        if earlier is None:
            return self.store.run(self.name, tags=self.tags), None
        if earlier.is_handed_over and not earlier.answers(options):
            self.end(earlier)
            tags = self.tags | {CONTINUES: earlier.run_id}
            return self.store.run(self.name, tags=tags), earlier.run_id
        return self.store.run(self.name, resume=earlier.run_id), earlier.tags.get(CONTINUES)

    def end(self, earlier: Earlier) -> None:
        """End a run of which no more than that was missing."""
        if earlier.status != "FINISHED":
            self.store.end_run(earlier.run_id)


def show_finished(session: Session, earlier: Earlier) -> dict[str, Any] | None:
    """Publish a finished search as it ended, and say so; None where its run has not all of it any more."""
    try:
        outputs = publish_again(session.record, session.context.path, earlier.run_id, FILES)
    except LookupError as error:
        print(f"This search has been finished, but {error}. It is handed over anew.", flush=True)
        return None
    print(
        f"This search was finished on {earlier.tags[HANDED_OVER]} and is shown as it ended, with nothing "
        "fitted or recorded. `--no-resume` (resume=False) searches anew.\n"
        + search_overview(read_search(session.context.path)),
        flush=True,
    )
    return outputs | {"verdict": earlier.tags["verdict"]}
