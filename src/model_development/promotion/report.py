"""validation_report.json and .html: what the gate found, for programs and for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import ArtifactsError
from ..reports.html import report_page
from ..reports.section import Section
from ..storage.files import (
    VALIDATION_REPORT,
    VALIDATION_REPORT_HTML,
    VALIDATIONS_FOLDER,
    read_json,
    to_json,
    write_text,
)

if TYPE_CHECKING:
    from .gate_line import GateLine

COMMAND = "validate_model.py"
STATUS_TAG = "validation_status"  # of a version in the registry
SHOWN = ["gate", "name", "passed", "value", "low", "high", "threshold", "rows", "rows_needed"]


@dataclass(frozen=True, kw_only=True)
class ValidationReport:
    """What a gate found of one model.

    model_fingerprint : see storage/fingerprint.py; it is what a promotion asks for. thresholds : as checked.
    champion : name, version and fingerprint of the model that it was compared with; None where it was not.
    notes : what was not judged, and why.
    """

    passed: bool
    model_uri: str
    model_name: str
    model_fingerprint: str
    target: str
    positive_class: str | int | float | bool | None
    test_data: str
    test_data_fingerprint: str
    n_rows: int
    n_without_target: int
    created_at: str
    thresholds_source: str
    thresholds: Mapping[str, Any]
    champion: Mapping[str, Any] | None
    lines: Sequence[GateLine]
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """As the file has it; the lines are its `gates`."""
        content = {name: value for name, value in vars(self).items() if name != "lines"}
        return content | {"gates": [line.to_dict() for line in self.lines]}

    @property
    def failed(self) -> list[GateLine]:
        return [line for line in self.lines if not line.passed]

    def text(self) -> str:
        """For the terminal: every line that failed, and how many passed."""
        n_passed = len(self.lines) - len(self.failed)
        said = [f"{'PASSED' if self.passed else 'FAILED'}: {n_passed} of {len(self.lines)} checks passed."]
        said += [f"  failed  {line.gate}: {line.name}. {line.sentence}" for line in self.failed]
        passed = [line for line in self.lines if line.passed and line.value is not None]
        said += [f"  passed  {line.gate}: {line.name}. {line.sentence}" for line in passed]
        return "\n".join(said + [f"  note    {note}" for note in self.notes])


def status_of(passed: bool) -> str:
    """The value of `STATUS_TAG`."""
    return "passed" if passed else "failed"


def write_report(report: ValidationReport, folder: Path) -> Path:
    """Write JSON and HTML, and a copy of the JSON under the model's fingerprint; return the JSON's path."""
    text = to_json(report.to_dict())
    (folder / VALIDATIONS_FOLDER).mkdir(parents=True, exist_ok=True)
    write_text(folder / VALIDATION_REPORT_HTML, page(report))
    write_text(folder / VALIDATIONS_FOLDER / f"{report.model_fingerprint}.json", text)
    write_text(folder / VALIDATION_REPORT, text)
    return folder / VALIDATION_REPORT


def read_report(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return the latest report of a model as a dict; None where it was never validated here.

    Raises ArtifactsError where the file is damaged, or about another model.
    """
    path = folder / VALIDATIONS_FOLDER / f"{fingerprint}.json"
    if not path.is_file():
        return None
    content = read_json(path, produced_by=COMMAND)
    if content.get("model_fingerprint") != fingerprint or not isinstance(content.get("passed"), bool):
        raise ArtifactsError(f"{path} is no report of the model {fingerprint}. Write it anew with: {COMMAND}")
    return content


def page(report: ValidationReport) -> str:
    """The report as one page that needs no network."""
    verdict = "passed" if report.passed else "failed"
    n_passed = len(report.lines) - len(report.failed)
    champion = report.champion["name"] if report.champion else "none"
    return report_page(
        title=f"Validation {verdict}: {report.model_name}",
        origin=f"{report.model_uri} · model {report.model_fingerprint} · {report.created_at}",
        lead=[f"{n_passed} of {len(report.lines)} checks passed. Thresholds: {report.thresholds_source}."],
        facts=[
            ("Verdict", verdict, f"{len(report.failed)} failed"),
            ("Test rows", f"{report.n_rows:,}", report.test_data),
            ("Compared with", champion, "the model in production"),
        ],
        warnings=[*(f"{line.gate}: {line.name}. {line.sentence}" for line in report.failed), *report.notes],
        sections=_sections(report),
    )


def _sections(report):
    gates = dict.fromkeys(line.gate for line in report.lines)
    for number, gate in enumerate(gates):
        lines = [line for line in report.lines if line.gate == gate]
        table = pd.DataFrame([line.to_dict() for line in lines])[SHOWN[1:]]
        table = table.dropna(axis=1, how="all").rename(columns={"rows_needed": "rows needed"})
        yield (
            f"gate-{number}",
            gate.capitalize(),
            Section(tuple(line.sentence for line in lines), {"As numbers": table}),
        )
    asked = json.dumps(dict(report.thresholds), indent=1, ensure_ascii=False, default=str)
    rows = [
        {"threshold": name, "asked": json.dumps(value, ensure_ascii=False, default=str)}
        for name, value in json.loads(asked).items()
    ]
    yield (
        "thresholds",
        "What was asked",
        Section((report.thresholds_source,), {"Thresholds": pd.DataFrame(rows)}),
    )
