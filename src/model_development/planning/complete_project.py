"""What `copier copy` cannot make, added to its folder: made-up table, definition, this machine's Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from ..storage.files import PROBLEM_DEFINITION, PROBLEM_DEFINITION_PAGE, to_json, write_text
from .gate_file import GATE_FILE, write_gate_file
from .problem_definition import define_problem, to_markdown, to_payload
from .read_table import FirstLook, look_at

if TYPE_CHECKING:
    from ..use_cases.use_case import UseCase

ANSWERS, CONTEXT, TABLE, MACHINE = (
    *(".copier-answers.yml", "pipeline_context.json"),
    *("data/table.csv", "local.mk"),
)


def complete_project(folder: Path | str) -> tuple[str, ...]:
    """Write what a project of the template lacks; return the gaps of its problem definition.

    What is there stays as it is. Raises ArtifactsError where the folder holds no project of the template, and
    what reading the context and the table raises.
    """
    from ..data.reading.sources import load_table
    from ..settings.context import read_context
    from ..use_cases.catalogue import get_use_case

    folder = Path(folder).expanduser().resolve()
    answers = read_answers(folder)
    case = get_use_case(answers["use_case"]) if answers.get("use_case") else None
    if case is not None:
        _of_use_case(folder, case)
    context = read_context(folder / CONTEXT)
    table = load_table(context.feature_data, context.target)
    look = look_at(table, context.target, context.settings_in_file)
    if not (folder / MACHINE).exists():
        write_text(folder / MACHINE, f"PYTHON ?= {sys.executable}\n")
    write_gate_file(folder, look, case)
    if (folder / PROBLEM_DEFINITION).exists():
        return ()
    return write_definition(folder, context.project, context.target, case, look, context.settings.split)


def read_answers(folder: Path) -> dict[str, Any]:
    """Return what copier was answered. Raises ArtifactsError where there is no such file."""
    import yaml

    if not (folder / ANSWERS).is_file():
        raise ArtifactsError(f"{folder} has no {ANSWERS}: it was not made of the template.", where=folder)
    return yaml.safe_load((folder / ANSWERS).read_text(encoding="utf-8"))


def _of_use_case(folder, case):
    """The made-up table, and the context of its use case, where neither has been touched."""
    from ..settings.context import read_raw_context
    from ..storage.context_file import update_context
    from ..use_cases.synthetic import synthetic_table

    outputs = read_raw_context(folder / CONTEXT)["epoch_004_outputs"]
    if outputs["feature_data_path"] != TABLE or (folder / TABLE).exists():
        return
    table = synthetic_table(case)
    if outputs["target_variable"] not in table.columns:
        update_context(
            folder / CONTEXT,
            {
                "epoch_004_outputs": outputs | {"target_variable": case.target.name},
                "epoch_005_settings": case.settings() | {"thresholds": GATE_FILE},
            },
        )
    table.to_csv(folder / TABLE, index=False)


def write_definition(
    folder: Path, project: str, target: str, case: UseCase | None, look: FirstLook, split: str
) -> tuple[str, ...]:
    """Write problem_definition.json and .md into a project; return the names of the parts with gaps."""
    definition = define_problem(
        project, target, look.metric, case=case, profile=look.profile, baseline=look.baseline, split=split
    )
    write_text(folder / PROBLEM_DEFINITION, to_json(to_payload(definition)))
    write_text(folder / PROBLEM_DEFINITION_PAGE, to_markdown(definition))
    return definition.gaps
