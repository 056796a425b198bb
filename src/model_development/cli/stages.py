"""The table of stages of the whole workflow. Each runs commands that there are; adding one is one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..storage import files as artifacts
from .stage_steps import (
    StageInput,
    command,
    define_the_problem,
    describe_features,
    explain_it,
    judge_criteria,
    package_it,
)


@dataclass(frozen=True)
class Stage:
    """One row.

    run : (StageInput) -> sentences of what came out. files : what it leaves, in the artifacts folder, or
    beside the context where `beside` is set.
    """

    name: str
    title: str
    run: Callable[[StageInput], list[str]]
    files: tuple[str, ...]
    beside: bool = False


STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            "problem_definition",
            "what is to be solved, and when it is solved",
            define_the_problem,
            (artifacts.PROBLEM_DEFINITION, artifacts.PROBLEM_DEFINITION_PAGE),
            beside=True,
        ),
        Stage(
            "data_preparation",
            "reading, checking, splitting",
            command("check"),
            (artifacts.DATA_CHECKS, artifacts.DATA_PROFILE),
        ),
        Stage("features", "what models see of each column", describe_features, (artifacts.FEATURE_REPORT,)),
        Stage(
            "training",
            "every framework on the same folds",
            command("train"),
            (artifacts.ALL_MODELS_METRICS, artifacts.MODEL_COMPARISON, artifacts.BEST_MODEL_INFO),
        ),
        Stage(
            "optimisation",
            "the best model tuned, the ensemble tried",
            command("tune"),
            (artifacts.TUNED_MODEL_INFO, artifacts.ALL_TUNING_RESULTS, artifacts.HANDOFF),
        ),
        Stage(
            "evaluation",
            "sealed test rows against the success criteria",
            judge_criteria,
            (artifacts.EVALUATION_METRICS, artifacts.SUCCESS_CRITERIA, artifacts.EVALUATION_REPORT),
        ),
        Stage(
            "interpretation",
            "why the model says what it says",
            explain_it,
            ("feature_importance.csv", "surrogate_rules.txt", artifacts.MODEL_CARD),
        ),
        Stage(
            "deployment_preparation",
            "the gate, the package and its checklist",
            package_it,
            (artifacts.VALIDATION_REPORT, f"{artifacts.PACKAGE_FOLDER}/checklist.json"),
        ),
    )
}
