"""Named models side by side, each with the parameters that are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .command import Command, CommandResult, add_context, add_models
from .configured import add_config, configured
from .notebook import RESUMES
from .results import training_result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..settings.config import ModelEntry


def add_arguments(parser: ArgumentParser) -> None:
    add_config(parser)
    add_context(parser)
    add_models(parser, "models to compare (default: the config's, else all)")


def run(options: Namespace) -> CommandResult:
    if options.config is None:
        return _compare(options, None, options.context)
    with configured(options.config) as (config, context):
        options.context = options.context or str(context)
        return _compare(options, config.entries, options.context)


def _compare(options: Namespace, entries: list[ModelEntry] | None, context: str | None) -> CommandResult:
    from ..phases.training.leaderboard_text import leaderboard_text
    from ..phases.training.phase import finish_training, start_training, train_all, train_dummy
    from ..phases.training.report import conclusion

    names = options.models.split(",") if options.models else [entry.name for entry in entries or []]
    phase = start_training(context_path=context, models=list(dict.fromkeys(names)) or None)
    train_dummy(phase)
    with_params: list[tuple[str, dict[str, Any]]] = [
        (entry.name, entry.params) for entry in entries or [] if entry.name in names and entry.params
    ]
    plain = {entry.name for entry in entries or [] if not entry.params}
    plain |= set(phase.names) - {entry.name for entry in entries or []}
    if wanted := [name for name in phase.names if name in plain and name not in phase.results]:
        train_all(phase, wanted)
    for name, params in with_params:
        train_all(phase, [name], **params)
    finish_training(phase)
    print(leaderboard_text(phase))
    print(conclusion(phase))
    return CommandResult(0, training_result(options) if options.json else {})


COMPARE = Command(
    name="compare",
    help="phase 1 for named models with given parameters",
    description="Train the models that a config file names, with its parameters, on the same folds, and "
    "print the leaderboard. What comes out is what `train` leaves, so that `tune` goes on from there.",
    add_arguments=add_arguments,
    run=run,
    interrupted=f"interrupted. {RESUMES}",
    examples=(
        "model-development compare --config config/models_to_compare.yaml",
        "model-development compare --context my/pipeline_context.json --models xgboost_baseline,pytorch_nn",
    ),
)
