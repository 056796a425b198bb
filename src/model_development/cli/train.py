"""Phase 1 in batch: the notebook, run by papermill."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from ..reports.notebook import encrypted_kernel, shipped_notebook
from .command import Command, add_context

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


NOTEBOOK = "model_training.ipynb"
RESUMES = "Run the same command again: it resumes, and no finished work is lost."


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument("--primary-metric", metavar="NAME", help="the metric that decides")
    parser.add_argument("--models", metavar="A,B", help="models to train (default: all)")
    parser.add_argument("--seed", type=int, metavar="N", help="default: the context's, else 42")
    parser.add_argument(
        "--time-budget",
        type=float,
        metavar="S",
        help="seconds for all of it, from start to end (default: the context's, else no limit)",
    )
    parser.add_argument("--no-resume", action="store_true", help="train everything anew")


def run(options: Namespace) -> int:
    return run_notebook(_parameters(options))


def run_notebook(parameters: dict[str, Any], name: str = NOTEBOOK) -> int:
    """Run one of this epoch's notebooks with these parameters; return the exit code."""
    notebook = _require_notebook(name)
    with _told_what_to_install():
        import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    with tempfile.TemporaryDirectory() as folder:
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
            return _failed(error)
        except (DeadKernelError, NoSuchKernel) as error:
            print(
                f"error: the notebook's kernel died or could not start ({error}). {RESUMES}", file=sys.stderr
            )
            return 1
    return 0


def run_notebook_here(parameters: dict[str, Any], name: str = NOTEBOOK) -> None:
    """Run one of this epoch's notebooks in this process, for what comes after it; its errors are raised."""
    notebook = _require_notebook(name)
    with _told_what_to_install():
        from ..reports.inline_notebook import InlineNotebook

        InlineNotebook.require_packages()
    InlineNotebook(notebook, parameters).run()


def _require_notebook(name):
    """The path of a notebook. Raises ArtifactsError where there is none."""
    notebook = shipped_notebook(name)
    if not notebook.is_file():
        raise ArtifactsError(
            f"There is no {notebook}: it belongs to a checkout of the template, not to an installed "
            "package. Run the command there, or call `mu.start_training` from a notebook of your own."
        )
    return notebook


@contextmanager
def _told_what_to_install():
    """Imports that not everybody has."""
    try:
        yield
    except ImportError as error:
        raise ArtifactsError(
            f"{error}. Notebooks in batch need more packages: pip install 'model-development[notebook]'"
        ) from error


def _parameters(options):
    """The notebook's parameters that were given; those that were not stay as the cell has them."""
    given = {
        "context_path": absolute(options.context),
        "primary_metric": options.primary_metric,
        "models": options.models,
        "seed": options.seed,
        "time_budget_s": options.time_budget,
        "resume": False if options.no_resume else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def absolute(context: str | None) -> str | None:
    """The path of a context for the notebook, which runs elsewhere; None where none was given."""
    return str(Path(context).expanduser().resolve()) if context else None


def _failed(error):
    """Bad input is said in one sentence; anything else is shown as it is."""
    from .. import errors

    known = getattr(errors, error.ename, None)
    if isinstance(known, type) and issubclass(known, errors.TemplateError):
        print(f"error: {error.evalue}", file=sys.stderr)
        return 2
    print("\n".join(error.traceback), file=sys.stderr)
    return 1


TRAIN = Command(
    name="train",
    help="phase 1: train every model alike, compare, choose the best",
    description="Run the notebook model_training.ipynb on a context. What comes out is in the artifacts "
    "folder beside the context file, the executed notebook among it.",
    add_arguments=add_arguments,
    run=run,
    interrupted=f"interrupted. {RESUMES}",
)
