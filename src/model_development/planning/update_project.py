"""A project is brought to the present version of the template."""

from __future__ import annotations

from pathlib import Path

from ..errors import ArtifactsError
from .complete_project import read_answers
from .template_repository import load_copier, template_source


def update_project(folder: Path | str) -> None:
    """Bring a project to the present version of the template; edits stay, and conflicts are marked.

    Raises ArtifactsError where there is no project of ours, or where copier refuses, with its reason.
    """
    folder = Path(folder).expanduser().resolve()
    made_of = str(read_answers(folder).get("_src_path", ""))
    copier, source = load_copier(), template_source()
    is_here = Path(made_of).expanduser().is_dir()
    if not is_here and (made_of.startswith("~") or Path(made_of).is_absolute()):
        raise ArtifactsError(
            f"{folder} cannot be updated here: the versions of the template that it was made of lie on "
            "another machine, or are gone. Update it where it was made.",
            where=folder,
        )
    try:
        copier.run_update(folder, defaults=True, quiet=True, overwrite=True, vcs_ref="HEAD")
    except copier.errors.UserMessageError as error:
        raise ArtifactsError(
            f"{folder} cannot be updated: {error} (template: {source})", where=folder
        ) from error
