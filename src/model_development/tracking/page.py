"""Where people see the runs: the command that opens MLflow's page, and the address of a list with scores."""

from __future__ import annotations

import shlex
from pathlib import Path

from ..settings.context import DEFAULT_CONTEXT
from ..settings.credentials import without_credentials

LOCAL_PAGE = "http://localhost:5000"
PHASE_1 = "phase_1"  # the view of the models of phase 1; that of a search has the id of its parent run
# Without the part on the workflow MLflow opens its pages for language models; a view has columns of scores.
RUNS = "{}/#/experiments/{}/runs?workflowType=machine_learning&viewStateShareKey={}"


def opening_command(uri: str, context: Path) -> str:
    """Return the command that opens MLflow on the store of a context; of a server, its address."""
    if uri.startswith(("http://", "https://")):
        return without_credentials(uri)
    of_context = "" if context == DEFAULT_CONTEXT else f" CONTEXT={shlex.quote(str(context))}"
    store = shlex.quote(without_credentials(uri))
    return f"make ui{of_context}   (or: mlflow ui --backend-store-uri {store})"


def runs_page(uri: str, experiment_id: str, view: str = PHASE_1) -> str:
    """Return the address of a list of runs, best first, with their scores."""
    is_server = uri.startswith(("http://", "https://"))
    server = without_credentials(uri).rstrip("/") if is_server else LOCAL_PAGE
    return RUNS.format(server, experiment_id, view)
