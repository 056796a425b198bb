"""A package of the final model: model, service, monitoring, documents and tests in one folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .command import Command, CommandResult, add_context

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument("--output", help="folder of the package (default: model_package among the artifacts)")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="with background rows for explanations of single rows: made up, unless `share_rows` is set",
    )
    parser.add_argument("--no-checks", action="store_true", help="leave the deployment checklist unanswered")


def run(options: Namespace) -> CommandResult:
    from ..phases.packaging import prepare_package
    from ..serving.package.builder import build_package
    from ..serving.package.checklist.item import PackageAtTest
    from ..serving.package.checklist.running import not_run, run_checklist, write_checklist

    packaging = prepare_package(options.context, explain=options.explain)
    for warning in packaging.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    output = Path(options.output).expanduser().resolve() if options.output else packaging.output
    folder = build_package(packaging.contents, output)
    print(f"{packaging.contents.name}, version {packaging.contents.version}: {folder}", flush=True)
    if options.no_checks:
        results = not_run()
    else:
        package = PackageAtTest(folder, packaging.table, packaging.may_share, packaging.report)
        results = run_checklist(package, told=lambda line: print(f"  {line}", flush=True))
    write_checklist(folder, results)
    failed = [name for name, result in results.items() if result.status == "fail"]
    n_passed = sum(result.status == "pass" for result in results.values())
    said = f"; failed: {', '.join(failed)}" if failed else ""
    summary = "not run" if options.no_checks else f"{n_passed} of {len(results)} passed{said}"
    print(f"Checklist: {summary}.")
    content = {
        "package": str(folder),
        "name": packaging.contents.name,
        "version": packaging.contents.version,
        "warnings": list(packaging.warnings),
        "checklist": {name: result.status for name, result in results.items()},
        "failed": {name: results[name].evidence for name in failed},
    }
    return CommandResult(1 if failed else 0, content)


PACKAGE = Command(
    name="package",
    help="write the final model with its service, tests and documents into one folder",
    description="Write model_package/, which stands alone: model in open formats, service, monitoring, "
    "documents, tests, Dockerfile, pinned requirements. The deployment checklist is answered by trying each "
    "item; the exit code is 1 where one fails.",
    add_arguments=add_arguments,
    run=run,
    interrupted="interrupted: a package is written whole or not at all; the same command does it again.",
    examples=(
        "model-development package --context projects/credit_risk/pipeline_context.json",
        "model-development package --explain --output /srv/packages/credit_risk-4",
    ),
)
