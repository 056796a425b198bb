"""A notebook of this epoch, run by papermill in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ERROR_FILE, ArtifactsError, error_like
from ..reports.notebook import encrypted_kernel, shipped_notebook
from .command import CommandFailed

RESUMES = "Run the same command again: it resumes, and no finished work is lost."


def run_notebook(parameters: dict[str, Any], name: str) -> int:
    """Run one of this epoch's notebooks with these parameters; return 0.

    Raises the TemplateError that ended it, and CommandFailed where anything else did.
    """
    notebook = _require_notebook(name, parameters.get("context_path"))
    with _told_what_to_install():
        import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    with tempfile.TemporaryDirectory() as folder, _errors_left_at(Path(folder) / "error.json") as left:
        try:
            papermill.execute_notebook(
                str(notebook),
                str(Path(folder) / name),  # the notebook keeps a copy of its own in the artifacts
                parameters,
                progress_bar=False,
                stdout_file=sys.stdout,
                stderr_file=sys.stderr,
                **encrypted_kernel(),
            )
        except PapermillExecutionError as error:
            _raise_what_ended(error, left)
        except (DeadKernelError, NoSuchKernel) as error:
            said = f"the notebook's kernel died or could not start ({error}). {RESUMES}"
            print(f"error: {said}", file=sys.stderr)
            raise CommandFailed(said) from None
    return 0


def run_notebook_here(parameters: dict[str, Any], name: str) -> None:
    """Run one of this epoch's notebooks in this process, for what comes after it; its errors are raised."""
    notebook = _require_notebook(name, parameters.get("context_path"))
    with _told_what_to_install():
        from ..reports.inline_notebook import InlineNotebook

        InlineNotebook.require_packages()
    InlineNotebook(notebook, parameters).run()


def _require_notebook(name, context):
    """The path of a notebook. Raises ArtifactsError where there is none."""
    notebook = shipped_notebook(name, context)
    if not notebook.is_file():
        raise ArtifactsError(
            f"There is no {notebook}: it belongs to a checkout of the template, not to an installed "
            "package. Run the command there, or call `mu.start_training` from a notebook of your own.",
            where=notebook,
        )
    return notebook


@contextmanager
def _told_what_to_install() -> Iterator[None]:
    """Imports that not everybody has."""
    try:
        yield
    except ImportError as error:
        raise ArtifactsError(
            f"{error}. Notebooks in batch need more packages: pip install 'model-development[notebook]'",
            do="pip install 'model-development[notebook]'",
        ) from error


@contextmanager
def _errors_left_at(path: Path) -> Iterator[Path]:
    """Let the kernel leave what stopped it, in parts, at `path`."""
    os.environ[ERROR_FILE] = str(path)
    try:
        yield path
    finally:
        os.environ.pop(ERROR_FILE, None)


def _raise_what_ended(error, left):
    """Bad input is said in one sentence; anything else is shown as it is."""
    from .. import errors

    known = getattr(errors, error.ename, None)
    if isinstance(known, type) and issubclass(known, errors.TemplateError):
        described = json.loads(left.read_text(encoding="utf-8")) if left.is_file() else {}
        if described.get("error") == error.ename:
            raise error_like(described) from None
        raise known(error.evalue) from None
    if error.ename == "KeyboardInterrupt":
        raise KeyboardInterrupt
    print("\n".join(error.traceback), file=sys.stderr)
    raise CommandFailed(f"{error.ename}: {error.evalue}") from None
