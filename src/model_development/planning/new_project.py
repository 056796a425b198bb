"""A project of one's own: the template, a table, a context, the problem definition."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError, SettingsError
from ..settings.context import locate
from ..storage.files import write_text
from ..use_cases.catalogue import get_use_case
from .algorithms import recommend
from .complete_project import CONTEXT, MACHINE, TABLE, write_definition
from .gate_file import write_gate_file
from .read_table import FirstLook, look_at
from .template_repository import is_versioned, load_copier, template_source

if TYPE_CHECKING:
    import pandas as pd

    from ..use_cases.use_case import UseCase

N_RECOMMENDED = 3
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class NewProject:
    """What was made. gaps : parts of the problem definition that a person has to fill in."""

    folder: Path
    table: str
    target: str
    problem_type: str
    recommended: tuple[str, ...]
    gaps: tuple[str, ...]
    can_be_updated: bool

    @property
    def context(self) -> Path:
        """The context file, which all other commands want."""
        return self.folder / CONTEXT


@dataclass(frozen=True)
class _Plan:
    """Where a table is, and what is known of it."""

    location: str  # as the context has it
    shown: str  # the same without credentials
    target: str
    settings: dict[str, Any]
    case: UseCase | None
    look: FirstLook
    made_up: pd.DataFrame | None  # to be written


def new_project(
    name: str,
    *,
    use_case: str | None = None,
    data: str | None = None,
    target: str | None = None,
    output: Path | str = ".",
) -> NewProject:
    """Make the folder `output`/`name`: a project of a use case, or of a table of the user's.

    use_case : key of the catalogue; without `data`, the table is a made-up one of its shape.
    data : file, or address as in a context file. target : its column; else the use case's.

    Raises SettingsError for a name or a combination that is not possible, UnknownUseCaseError, DataError
    for a table that cannot be read, ArtifactsError where the folder exists or copier is not installed.
    """
    folder = _free_folder(name, output)
    case = get_use_case(use_case) if use_case else None
    plan = _of_table(data, target, case, folder) if data else _of_case(case)
    spoken_for = [r.model for r in recommend(plan.look.profile) if r.score > 0]
    recommended = tuple(spoken_for[:N_RECOMMENDED])
    source = template_source()
    _render(source, folder, _answers(name, plan, recommended))
    if plan.made_up is not None:
        plan.made_up.to_csv(folder / TABLE, index=False)
    _write_context(folder / CONTEXT, plan)
    split = plan.settings.get("split", "stratified")
    gaps = write_definition(folder, name, plan.target, case, plan.look, split)
    write_gate_file(folder, plan.look, case)
    write_text(folder / MACHINE, f"PYTHON ?= {sys.executable}\n")
    return NewProject(
        folder, plan.shown, plan.target, plan.look.task.kind, recommended, gaps, is_versioned(source)
    )


def require_name(name: str) -> None:
    """Raise SettingsError for what is no name of a project."""
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} is no name of a project: letters, digits, `_`, `-` and `.`, such as credit_risk. "
            "It names the folder, the MLflow experiment and the registered model.",
            where="NAME",
        )


def _free_folder(name, output):
    require_name(name)
    folder = Path(output).expanduser().resolve() / name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArtifactsError(
            f"{folder} exists and is not empty. Take another name, or another folder with --output.",
            where=folder,
        )
    return folder


def _of_case(case):
    from ..use_cases.synthetic import synthetic_table

    if case is None:
        raise SettingsError(
            "Say what the project is about: --use-case KEY (model-development new --list shows all), or "
            "--data FILE --target NAME.",
            where="--use-case, --data",
        )
    table, settings = synthetic_table(case), case.settings() | _of_the_line()
    look = look_at(table, case.target.name, settings)
    return _Plan(TABLE, TABLE, case.target.name, settings, case, look, table)


def _of_the_line():
    """Settings that `--set` gives."""
    from ..settings.overrides import overrides_of
    from ..settings.settings import SETTINGS_KEY

    return dict(overrides_of(SETTINGS_KEY))


def _of_table(data, target, case, folder):
    from ..data.reading.sources import load_table
    from ..settings.credentials import shown

    target = target or (case.target.name if case else None)
    if target is None:
        raise SettingsError("--data needs --target, the column to predict.", where="--target")
    location = _absolute(data)
    table = load_table(location, target)
    settings = (_fitting_settings(case, table, target) if case else {}) | _of_the_line()
    look = look_at(table, target, settings)
    written = _from_project(location, folder)
    return _Plan(written, shown(written), target, settings, case, look, None)


def _fitting_settings(case, table, target):
    """The settings of a use case, but for what names columns and labels that this table has not."""
    settings, columns = case.settings(), set(table.columns)
    split = {"time_column", "group_column"} & set(settings)
    if any(settings[name] not in columns for name in split):
        settings = {key: value for key, value in settings.items() if key not in {"split", *split}}
    labels = set(table[target].dropna().unique()) if target in columns else set()
    if settings.get("positive_class") not in labels:
        settings.pop("positive_class", None)
    codes = [name for name in settings.pop("categorical_columns", []) if name in columns]
    return settings | ({"categorical_columns": codes} if codes else {})


def _absolute(data):
    return locate(data, Path.cwd(), "--data")


def _from_project(location, folder):
    """A file beside or below the project's folder by its relative path; others as they are."""
    near = not re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", location) and Path(location).is_relative_to(
        folder.parent
    )
    return Path(os.path.relpath(location, folder)).as_posix() if near else location


def _answers(name, plan, recommended):
    return {
        "project": name,
        "use_case": plan.case.key if plan.case else "",
        "objective": plan.case.question if plan.case else "",
        "feature_data_path": plan.shown,
        "target": plan.target,
        "settings": json.dumps(plan.settings),
        "recommended": json.dumps(list(recommended)),
        "package": _package(),
    }


def _package():
    """What pip installs to have this package: the checkout that runs, or the installed version."""
    from ..packages import package_version
    from ..settings.context import REPOSITORY

    extras = "model-development[frameworks,notebook,serve]"
    is_checkout = (REPOSITORY / "pyproject.toml").is_file() and (REPOSITORY / "src").is_dir()
    return f"{extras} @ {REPOSITORY.as_uri()}" if is_checkout else f"{extras}=={package_version()}"


def _render(source: Path, folder: Path, answers: dict[str, Any]) -> None:
    copier = load_copier()
    try:
        copier.run_copy(
            str(source),
            folder,
            data=answers,
            defaults=True,
            quiet=True,
            vcs_ref="HEAD" if is_versioned(source) else None,
        )
    except OSError as error:
        raise ArtifactsError(
            f"{folder} cannot be written: {error.strerror or error}. Take another folder with --output.",
            where=folder,
        ) from error


def _write_context(path, plan):
    """The context as people read it, with the address of the table as it was given."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["epoch_004_outputs"]["feature_data_path"] = plan.location
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
