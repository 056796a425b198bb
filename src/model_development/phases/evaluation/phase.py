"""Phase 3: open the test rows once; evaluate, decide, explain, report.

The notebook calls these functions from top to bottom; `evaluate_model` calls all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...ensembles.table import framework_of
from ...evaluation.input_file import find_section, write_input
from ...evaluation.table import ANALYSES
from ...execution.protocol import Call
from ...explanation.table import EXPLANATIONS
from ...storage.progress_log import DONE
from .candidates import FINAL
from .deciding import choose_outputs
from .figures import figures_table, model_figures
from .hand_over import hand_over, show_stored
from .measuring import measure_models, run_calls, workspace
from .opening import STAGE, EvaluationPhase, start_evaluation

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ...evaluation.analysis import Analysis
    from ...reports.section import Section


def evaluate_model(context_path: Path | str | None = None, *, refit_all: bool = False) -> dict[str, Any]:
    """Evaluate what phase 2 handed over, on the test rows; return what the context then says of it.

    refit_all : fit what is handed on on all rows afterwards, test rows too; the figures stay those of the
        model that was evaluated, and say so.

    The same model is evaluated once: after that, what was found is shown again.

    Raises a TemplateError in plain words for bad input; the context file is written last.
    """
    phase = start_evaluation(context_path=context_path, refit_all=refit_all)
    print(evaluation_overview(phase), flush=True)
    evaluate(phase)
    analyse(phase)
    explain(phase)
    return finish_evaluation(phase)


def evaluation_overview(phase: EvaluationPhase) -> str:
    """Say in a few lines what is evaluated, and how often the test rows have been used."""
    session, final = phase.session, phase.final
    n_test = session.intake.assignment.counts()["test"]
    lines = [
        f"Project      {session.context.project} ({session.context.path})",
        f"Final model  {final.model_name}, fitted on {final.fitted_on}",
        f"Compared     {', '.join(f'{c.role} {c.name}' for c in phase.candidates[1:])}",
        f"Test rows    {n_test}, {_opening(phase)}",
    ]
    if phase.is_stored:
        lines.append(
            "Result       this model has been evaluated: what was found then is shown, nothing is run"
        )
    return "\n".join(lines)


def _opening(phase):
    if phase.n_openings == 1:
        return "opened for the first time"
    return (
        f"WARNING: opened {phase.n_openings} times, this one included. Each model that is chosen after a "
        "look at them makes their figures more favourable than new rows will be"
    )


def evaluate(phase: EvaluationPhase) -> pd.DataFrame:
    """Measure all models on the test rows, and choose the decision policy on the out-of-fold predictions.

    Returns the figures of the primary metric, a row for each model.
    """
    if phase.stored is not None:
        return figures_table(phase.stored["models"], phase.session.metric)
    if not phase.measured:
        measure_models(phase)
        with phase.session.engine.stopped_by_errors():
            choose_outputs(phase)
    return figures_table(model_figures(phase), phase.session.metric)


def analyse(phase: EvaluationPhase) -> dict[str, Section]:
    """Run every row of ANALYSES that suits the task; return {name: Section}."""
    return _run_table(phase, ANALYSES)


def explain(phase: EvaluationPhase) -> dict[str, Section]:
    """Run every row of EXPLANATIONS that suits the task; return {name: Section}."""
    return _run_table(phase, EXPLANATIONS)


def _run_table(phase: EvaluationPhase, table: Mapping[str, Analysis]) -> dict[str, Section]:
    if phase.is_stored:
        return {}
    assert phase.given is not None, "call `evaluate` first"
    wanted = [row for row in table.values() if phase.session.task.kind in row.kinds]
    missing = [row for row in wanted if row.name not in phase.sections and row.name not in phase.failed]
    path, final = workspace(phase, "evaluation_input.pkl"), phase.candidates[0]
    with phase.session.engine.stopped_by_errors():
        if not path.is_file():
            session = phase.session
            write_input(phase.given, session.data.own_metrics, session.context.path.parent, path)
        found = run_calls(phase, [_call(phase, row, path, final.folder) for row in missing])
    phase.sections |= {name: section for name, section in found.items() if section is not None}
    return {row.name: phase.sections[row.name] for row in wanted if row.name in phase.sections}


def _call(phase, row, path, folder):
    arguments = {
        "run": row.run,
        "input_path": str(path),
        "folder": str(folder),
        "options": phase.session.options,
    }
    kind = framework_of(phase.final.model_name)
    return Call(row.name, kind, find_section, arguments, reads=("input_path", "folder"))


def finish_evaluation(phase: EvaluationPhase) -> dict[str, Any]:
    """Write report, model card and every file, record them, hand on; return what the context then says."""
    try:
        if not phase.is_stored:
            assert FINAL in phase.measured, "call `evaluate` first"
        outputs = show_stored(phase) if phase.is_stored else hand_over(phase)
        phase.session.record.progress_log.add(STAGE, DONE, best_model=phase.final.model_name)
        return outputs
    finally:
        phase.session.engine.stop()
