"""The gate: does a model keep what is asked of it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import Command, CommandResult, add_context

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument(
        "--model-uri",
        metavar="URI",
        help="a model folder, models:/NAME@ALIAS, models:/NAME/VERSION or runs:/RUN_ID/model (default: "
        "what the context hands over)",
    )
    parser.add_argument(
        "--test-data",
        metavar="PATH",
        help="rows with their target, in any form of a feature table (default: the test rows of the context, "
        "where phase 3 has opened them for this model)",
    )
    parser.add_argument(
        "--thresholds",
        metavar="FILE",
        help="YAML or JSON, see config/thresholds.yaml (default: the setting `thresholds`, else the "
        "model test suite, and better than the best constant prediction)",
    )
    parser.add_argument("--champion", action="store_true", help="compare with the model in production, too")
    parser.add_argument("--target", metavar="NAME", help="the target's column (default: the context's)")
    parser.add_argument("--positive-class", metavar="LABEL", help="of two classes (default: the context's)")


def run(options: Namespace) -> CommandResult:
    from ..promotion.validate import Validation, validate_model
    from ..settings.context import read_context
    from ..storage.files import VALIDATION_REPORT_HTML, epoch_folder, plain

    context = read_context(options.context)
    report = validate_model(
        Validation(
            options.model_uri or "",
            options.test_data or "",
            context,
            options.thresholds,
            options.champion,
            options.target,
            options.positive_class,
        )
    )
    print(report.text())
    print(f"Report: {epoch_folder(context) / VALIDATION_REPORT_HTML}")
    return CommandResult(0 if report.passed else 1, plain(report.to_dict()))


VALIDATE = Command(
    name="validate",
    help="the gate: judge a model on test rows by thresholds",
    description="Judge a model by thresholds, each with its interval, and by a test suite. Exit code 0: "
    "passed. 1: failed. 2: bad input. Writes validation_report.json and .html.",
    add_arguments=add_arguments,
    run=run,
)
