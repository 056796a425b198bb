"""A project of one's own in one command; the catalogue of use cases."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from .command import Command, CommandResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..planning.new_project import NewProject
    from ..use_cases.use_case import UseCase


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="name of the project and of its folder")
    parser.add_argument("--use-case", metavar="KEY", help="a use case of the catalogue, see --list")
    parser.add_argument(
        "--data", metavar="FILE", help="your own table, as the README's 'Your own table' names them"
    )
    parser.add_argument("--target", metavar="NAME", help="the column to predict, with --data")
    parser.add_argument("--output", default=".", metavar="DIR", help="folder to make it in (default: here)")
    parser.add_argument(
        "--list",
        nargs="*",
        metavar="WORD",
        help="show the use cases in which all words occur, or all of them; nothing is made",
    )
    parser.add_argument(
        "--update",
        metavar="DIR",
        help="bring an existing project, clean in git, to this version's template; your edits stay",
    )
    parser.add_argument(
        "--complete",
        metavar="DIR",
        help="write what a project that `copier copy` made lacks: made-up table, problem definition",
    )


def run(options: Namespace) -> CommandResult:
    if options.list is not None:
        return _list(" ".join(options.list))
    if options.update is not None:
        return _update(options.update)
    if options.complete is not None:
        return _complete(options.complete)
    if not options.name:
        raise SettingsError(
            "Give the project a name: model-development new NAME --use-case KEY.", where="NAME"
        )
    return _new(options)


def _new(options: Namespace) -> CommandResult:
    from ..planning.new_project import new_project

    began = time.monotonic()
    made = new_project(
        options.name,
        use_case=options.use_case,
        data=options.data,
        target=options.target,
        output=options.output,
    )
    seconds = time.monotonic() - began
    print(_said(made, seconds))
    more = {"folder": str(made.folder), "context": str(made.context), "seconds": round(seconds, 2)}
    return CommandResult(0, vars(made) | more)


def _said(made: NewProject, seconds: float) -> str:
    gaps = f" It has gaps that a person fills in: {', '.join(made.gaps)}." if made.gaps else ""
    update = (
        "" if made.can_be_updated else "\nWithout git, or a home to write to: copier update will not work."
    )
    return (
        f"{made.folder} is ready ({seconds:.1f} s): {made.problem_type}, target {made.target!r}, "
        f"table {made.table}.\n"
        f"Recommended by the table's profile, to be judged by what wins: "
        f"{', '.join(made.recommended) or 'nothing in particular'}.\n"
        f"Read {made.folder.name}/problem_definition.md first.{gaps}\n"
        f"Then: cd {made.folder} && make run{update}"
    )


def _update(folder: str) -> CommandResult:
    from ..planning.update_project import update_project

    update_project(folder)
    print(f"{folder} has the template of this version. See what changed: git diff")
    return CommandResult(0, {"folder": folder})


def _complete(folder: str) -> CommandResult:
    from ..planning.complete_project import complete_project

    gaps = complete_project(folder)
    print(f"{folder} is complete. Read {folder}/problem_definition.md first, then: make run")
    return CommandResult(0, {"folder": folder, "gaps": gaps})


def _list(words: str) -> CommandResult:
    from ..use_cases.catalogue import departments, search, use_cases

    found = search(words) if words else list(use_cases().values())
    keys = {case.key for case in found}
    for department, cases in departments().items():
        shown = [case for case in cases if case.key in keys]
        if shown:
            print(f"{department.replace('_', ' ').capitalize()}")
            print("\n".join(f"  {case.key:<28} {case.problem_type:<11} {case.question}" for case in shown))
    print(f"{len(found)} of {len(use_cases())} use cases" + (f" with {words!r}." if words else "."))
    return CommandResult(0, {"use_cases": [_described(case) for case in found]})


def _described(case: UseCase) -> dict[str, Any]:
    described = case.model_dump(include={"key", "department", "question", "problem_type"})
    return described | {"target": case.target.name, "metric": case.metric.name, "why": case.metric.why}


NEW = Command(
    name="new",
    help="a project of your own: of a use case, or of your table",
    description="Make a folder with context, table, problem definition, notebooks, config, tests and CI, "
    "from the template of this version. Takes seconds; nothing is trained.",
    add_arguments=add_arguments,
    run=run,
    interrupted="interrupted: delete the folder of the project, if it is there, and run again.",
    examples=(
        "model-development new churn --use-case customer_churn",
        "model-development new houses --data houses.csv --target price",
        "model-development new --list hospital",
    ),
)
