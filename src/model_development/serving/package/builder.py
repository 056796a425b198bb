"""Writes a package: whole or not at all, and for the same model the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError, DataError
from ...storage import files
from ..planned_model import write_row_plan
from ..served_model import ServedModel, open_model
from .api_part import write_api
from .docs_part import write_docs
from .draft import Draft, columns_of_policy
from .model_part import write_model, write_source
from .other_parts import write_deployment, write_monitoring, write_tests
from .sums import write_sums

if TYPE_CHECKING:
    from ...monitoring.reference import Reference
    from .contents import PackageContents, Row

PARTS: tuple[Callable[[Draft], None], ...] = (
    write_api,
    write_monitoring,
    write_tests,
    write_docs,
    write_deployment,
)
ANY_AMOUNT = 100  # of a column that the decision policy alone reads


def build_package(contents: PackageContents, output: Path | str) -> Path:
    """Write a package into the folder `output`, replacing a package that was there; return the folder.

    Nothing of the time, the machine or the way of writing is in its files: the checklist, which is, comes
    afterwards. Raises ArtifactsError where `output` is something else than a package or cannot be written,
    where the model folder is none, and where the model does not answer any of the rows.
    """
    output = Path(output)
    require_free(output)
    try:
        with files.replacing_folder(output) as folder:
            _write(contents, folder)
    except OSError as error:
        if isinstance(error, ArtifactsError):
            raise
        raise ArtifactsError(
            f"The package cannot be written to {output} ({error.strerror or error}). Make room, make it "
            "writable, or give another `--output`."
        ) from error
    return output


def _write(contents: PackageContents, folder: Path) -> None:
    content = write_model(contents, folder)
    write_source(folder)
    served = ServedModel.load(folder / files.PACKAGE_MODEL, contents.reference)
    rows, answers = _answered(served, contents.rows)
    _add_row_plan(served, rows, contents.reference, folder / files.PACKAGE_MODEL)
    draft = Draft(contents, folder, served, content["packages"], rows, answers)
    for write in PARTS:
        write(draft)
    write_sums(folder)


def _add_row_plan(served: ServedModel, rows: list[Row], reference: Reference, folder: Path) -> None:
    """Write the row plan, unless what is read back of it says something else of the rows."""
    is_written = write_row_plan(served, folder)
    if is_written and open_model(folder, reference).answer_rows(rows) != served.answer_rows(rows):
        (folder / files.ROW_PLAN).unlink()


def require_free(output: Path) -> None:
    """Raise ArtifactsError where a folder holds something else than a package: it would be lost."""
    if not output.exists() or (output / files.PACKAGE_METADATA).is_file():
        return
    if not output.is_dir() or any(output.iterdir()):
        raise ArtifactsError(
            f"{output} exists and is no model package: nothing is written over it. Give another `--output`."
        )


def _answered(served: ServedModel, rows: Any) -> tuple[list[Row], list[Mapping[str, Any]]]:
    """The rows that the model answers, with its answers as the service's JSON has them."""
    beside, answered, answers = columns_of_policy(served.model, served.model.schema_), [], []
    for row in rows:
        whole = dict.fromkeys(beside, ANY_AMOUNT) | dict(row)
        try:
            answer = served.answer(whole)
        except DataError:  # a made-up row may lack what the decision policy reads
            continue
        answered.append(whole)
        answers.append(files.plain(answer.to_dict()))
    if not answered:
        raise ArtifactsError("The model answers none of the example rows. Train it again.")
    return answered, answers
