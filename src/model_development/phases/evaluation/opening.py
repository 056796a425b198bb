"""The session of phase 3: what is evaluated, and whether that has been done already."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...data.sealed_test import KEY, OpenedRows, open_test_rows, read_openings
from ...ensembles.table import ENSEMBLES
from ...errors import SettingsError
from ...models.table import get_model
from ...settings.context import read_context, read_raw_context
from ...storage import files as artifacts
from ...storage.checkpoints import fingerprint, work_key
from ...storage.files import read_json
from ...storage.fingerprint import fitted_fingerprint
from ...storage.model_file import read_model_file
from ...storage.progress_log import BEGAN
from ...storage.tuned_model import read_tuned_model
from ..near_in_time import in_stretches
from ..reopening import OF_EVALUATION, phase_1_command, reopen_session
from ..session import import_call
from ..training_result import read_training_result
from .candidates import Candidate, find_candidates

if TYPE_CHECKING:
    from pathlib import Path

    from ...evaluation.evaluation_input import EvaluationInput
    from ...fitting.test_rows import MeasuredOnTest
    from ...reports.section import Section
    from ...settings.context import Context
    from ...settings.parameters import EvaluationParameters
    from ...storage.tuned_model import TunedModel
    from ..session import Session
    from ..training_result import TrainedModel

STAGE = "evaluation"
WHY = "final evaluation (phase 3)"


@dataclass
class EvaluationPhase:
    """Phase 3 at work on one context.

    final : what phase 2 handed over. tuned : the single model that it has tuned, which is final but for an
    ensemble. trained : models of phase 1, best first. packages : of the final one.
    key, opening_key : of what is evaluated, with and without our own code. n_openings : of the test rows so
    far, this one included. stored : the content of evaluation_metrics.json where the same was evaluated
    before. measured : {role: MeasuredOnTest}. sections, failed : {row of ANALYSES or EXPLANATIONS: what it
    found, or why it could not}.
    """

    session: Session
    final: TunedModel
    tuned: TunedModel
    trained: list[TrainedModel]
    model_fingerprint: str
    packages: dict[str, str]
    candidates: list[Candidate]
    key: str
    opening_key: str
    refit_all: bool
    n_openings: int
    stored: dict[str, Any] | None
    parts: dict[str, OpenedRows] = field(default_factory=dict)
    measured: dict[str, MeasuredOnTest] = field(default_factory=dict)
    given: EvaluationInput | None = None
    outputs: dict[str, Any] = field(
        default_factory=dict
    )  # {attribute of the model: what goes with its outputs}
    sections: dict[str, Section] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.time)

    def __repr__(self) -> str:
        return (
            f"EvaluationPhase({self.session.context.project!r}, {self.final.model_name}, "
            f"{len(self.sections)} sections{', stored' if self.is_stored else ''})"
        )

    @property
    def baseline(self) -> TrainedModel:
        """The model of phase 1 whose parameters phase 2 has tuned."""
        return next(model for model in self.trained if model.name == self.tuned.model_name)

    @property
    def is_stored(self) -> bool:
        return self.stored is not None


def start_evaluation(
    parameters: EvaluationParameters | None = None,
    *,
    context_path: Path | str | None = None,
    refit_all: bool = False,
) -> EvaluationPhase:
    """Read what phases 1 and 2 left, and make sure that it is about the same rows.

    parameters : of the notebook, in place of the other arguments. The test rows stay sealed until
    `measure_models`.

    Raises a TemplateError in plain words where a phase is missing, or its data or settings have changed.
    """
    if parameters is not None:
        context_path, refit_all = parameters.context_path, parameters.refit_all
    context = read_context(context_path)
    folder = artifacts.epoch_folder(context)
    training = read_training_result(folder, produced_by=phase_1_command(context))
    tuned = read_tuned_model(folder)
    _require_refit(tuned, refit_all)
    candidates = find_candidates(training, tuned)
    model_file = read_model_file(candidates[0].folder)
    soon = [import_call(get_model(c.name)) for c in candidates[:2] if c.name not in ENSEMBLES]
    session = reopen_session(context, training, {}, soon)
    with session.engine.stopped_by_errors():
        trained = [model for model in training.ranked if model.is_ok]
        return _phase(session, tuned, trained, model_file, candidates, refit_all)


def _require_refit(tuned, refit_all):
    if refit_all and tuned.ensemble:
        raise SettingsError(
            "`refit_all` fits one model anew, and an ensemble was handed over: its members stay as they are. "
            "Evaluate it without, or set `ensemble` to 'never' and tune again."
        )


def _phase(session, tuned, trained, model_file, candidates, refit_all):
    settings, model = session.context.settings.model_dump(), fitted_fingerprint(model_file)
    asked = {
        "model": model,
        "data": session.intake.fingerprint,
        "split": session.intake.assignment.fingerprint,
        "settings": {name: settings[name] for name in OF_EVALUATION if name in settings},
    }
    opening_key, key = fingerprint(asked), work_key(**asked, refit_all=refit_all)
    session.record.progress_log.add(STAGE, BEGAN, model=tuned.model_name)
    earlier = [line for line in read_openings(_log(session)) if line.get(KEY) != opening_key]
    return EvaluationPhase(
        session=session,
        final=tuned.handed_over(),
        tuned=tuned,
        trained=trained,
        model_fingerprint=model,
        packages=model_file["packages"],
        candidates=candidates,
        key=key,
        opening_key=opening_key,
        refit_all=refit_all,
        n_openings=len(earlier) + 1,
        stored=_stored(session, key),
    )


def open_rows(phase: EvaluationPhase) -> None:
    """Open the test rows, and write that down; once."""
    if phase.parts:
        return
    session = phase.session
    opening = {
        KEY: phase.opening_key,
        "opened_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "n_before": phase.n_openings - 1,
        "why": WHY,
        "model_name": phase.final.model_name,
        "model_fingerprint": phase.model_fingerprint,
        "data_fingerprint": session.intake.fingerprint,
        "split_fingerprint": session.intake.assignment.fingerprint,
        "code_fingerprint": work_key(),
        "n_test_rows": session.intake.assignment.counts()["test"],
    }
    phase.parts = open_test_rows(session.context, session.intake.assignment, _log(session), opening)
    phase.parts["test"] = in_stretches(session, phase.parts["test"], phase.parts["test"].y)


def _log(session):
    return session.record.path(artifacts.TEST_SET_ACCESS)


def _stored(session, key):
    """What was found when the same was evaluated before; None where it was not, or is to be done anew."""
    path = session.record.path(artifacts.EVALUATION_METRICS)
    if not session.context.settings.resume or not path.is_file():
        return None
    content = read_json(path, produced_by="evaluate_model.py")
    named = epoch_outputs(session.context).get("evaluation") or {}  # gone where phase 2 put its model back
    is_named = named.get("evaluation_run_id") == content.get("evaluation_run_id")
    is_there = session.record.path(artifacts.EVALUATION_REPORT).is_file()
    return content if content.get("key") == key and is_named and is_there else None


def epoch_outputs(context: Context) -> dict[str, Any]:
    """What the context file says of the model that was handed over."""
    outputs = read_raw_context(context.path).get("epoch_005_outputs")
    return outputs if isinstance(outputs, dict) else {}
