"""What goes to the next people beside the context: handoff.yaml, data_contract.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..reports.data_contract import data_contract
from ..reports.handoff import handoff
from ..storage import files as artifacts

if TYPE_CHECKING:
    from .session import Session


def write_handoff(session: Session, outputs: Mapping[str, Any], run_id: str) -> None:
    """Write handoff.yaml, and log it. outputs : `epoch_005_outputs` as the context is about to have them."""
    warnings = [str(found) for found in session.intake.findings if found.severity != "info"]
    content = handoff(
        session.context.project, str(session.context.path), session.record.folder, outputs, warnings
    )
    session.record.text(run_id, artifacts.HANDOFF, _yaml(content))


def write_data_contract(session: Session, run_id: str) -> None:
    """Write data_contract.yaml, and log it."""
    data = session.data
    fingerprint = str(session.describe()["data_fingerprint"])
    content = data_contract(session.context.project, data.X_train, data.schema, data.task.target, fingerprint)
    session.record.text(run_id, artifacts.DATA_CONTRACT, _yaml(content))


def _yaml(content):
    import yaml

    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
