"""Feature steps, each tried on the best model of each family: what earns its place becomes a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Call
from ...features.steps.asked import asked_steps
from ...fitting.feature_trials import describe_made_features
from ...models.table import get_model
from ...settings.settings import NO_STEPS
from ..reserves import SECONDS_TO_FINISH
from .at_work import finished, outcomes
from .feature_journal import FeatureJournal
from .feature_search import FeatureSearch
from .feature_text import features_table
from .feature_trials import FamilyTrials, open_families
from .recording import load_result, result_key
from .training import LARGEST_RESERVE, train_calls, training_call
from .variants import keep_best_of

if TYPE_CHECKING:
    import pandas as pd

    from ..session import Session
    from .phase import TrainingPhase
    from .results import ModelResult


@dataclass(frozen=True)
class FeatureFindings:
    """What phase 1 has found of feature steps. unsuitable : {step: why this table cannot have it}."""

    families: list[FamilyTrials] = field(default_factory=list)
    unsuitable: dict[str, str] = field(default_factory=dict)


def try_features(phase: TrainingPhase) -> pd.DataFrame | None:
    """Try the feature steps that the setting `features` asks for; return what came of each as a table.

    Of each family of models the best one is fitted with one step after another, on the folds that it was
    fitted on without. What is better by a paired test stays, and the next is tried on top. With the steps
    that stay the model is a further row of the comparison, which goes on to phase 2 where it is the best of
    its model. Only time that the models have left is used. None where the setting is off.
    """
    session = phase.session
    if session.context.settings.features == NO_STEPS:
        return None
    if phase.features is None:
        with phase.clock.running(), session.engine.stopped_by_errors():
            phase.features = _found(phase)
        session.engine.stop_idle()
    return features_table(phase.features.families)


def steps_of_setting(session: Session) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return (steps to try, {step: why not}). Raises SettingsError where a step that is listed cannot be."""
    return asked_steps(session.context.settings, session.data.schema)


def _found(phase):
    steps, unsuitable = steps_of_setting(phase.session)
    families = open_families(phase.every_result, steps, phase.session.metric)
    journal = FeatureJournal(phase.session)
    deadline = phase.clock.deadline(SECONDS_TO_FINISH, LARGEST_RESERVE)
    FeatureSearch(phase, families, journal, deadline).run()
    _train_rows(phase, [family for family in families if family.kept])
    _describe(phase, [family for family in families if _is_on_disk(phase, family.row)], journal, deadline)
    return FeatureFindings(families, unsuitable)


def _train_rows(phase, families):
    """Train the best of each family with its steps, as models are trained: its folds are found again."""
    session, progress, calls = phase.session, phase.progress(len(families)), []
    for family in families:
        spec, params = get_model(family.base.name), family.best.params
        earlier = load_result(session, spec, params)
        if earlier is None:
            calls.append(training_call(session, spec, params, fresh=False))
        else:
            finished(phase, earlier, " (results of an earlier run are reused)", progress)
    if calls:
        train_calls(phase, calls, progress, says_reuse=False)
    for family in families:
        key = result_key(session, get_model(family.base.name), family.best.params)
        family.row = next((row for row in phase.every_result if row.key == key), None)
        keep_best_of(phase, family.base.name)


def _is_on_disk(phase, row):
    return row is not None and row.status == "ok" and phase.results[row.name].key == row.key


def _describe(phase, families, journal, deadline):
    """Learn what the steps of each new row have made, as far as there is time."""
    missing = {}
    for family in families:
        found = journal.find(_made_key(phase, family.row))
        if found is None:
            missing[family.row.name] = family
        else:
            family.made = found["made"]
    calls = [_description_call(phase, family.row) for family in missing.values()]
    for call, outcome, _ in outcomes(phase, calls, deadline, phase.progress(len(calls)), quietly=True):
        family = missing[call.name]
        if outcome.status == "ok":
            family.made = outcome.result
            journal.add(_made_key(phase, family.row), made=family.made)
        else:
            family.note = f"what its steps have made is not described: {outcome.reason}"


def _made_key(phase, row):
    return f"{phase.session.metric.name} of what {row.key} has made"


def _description_call(phase: TrainingPhase, row: ModelResult) -> Call:
    session = phase.session
    arguments: dict[str, Any] = {
        "folder": row.model_path,
        "rows_path": session.rows_path,
        "options": session.options,
        "metric_name": session.metric.name,
    }
    return Call(row.name, row.framework, describe_made_features, arguments, reads=("rows_path", "folder"))
