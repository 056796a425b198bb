"""Runs the checklist on a package and writes what came of it beside its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ....storage import files
from .item import ChecklistResult, Item, PackageAtTest
from .table import CHECKLIST

MARKS = {"pass": "pass", "fail": "**FAIL**", "not_run": "not run"}
NOT_ASKED = ChecklistResult("not_run", "The checks were not asked for.")


def run_checklist(
    package: PackageAtTest, items: Iterable[Item] = CHECKLIST, told: Callable[[str], None] | None = None
) -> dict[str, ChecklistResult]:
    """Try each item; one that breaks off has failed, with its error as evidence. told : hears of each."""
    results = {}
    for item in items:
        try:
            results[item.name] = item.function(package)
        except Exception as error:  # an item that cannot be tried is no reason to leave the others out
            results[item.name] = ChecklistResult("fail", f"{type(error).__name__}: {error}")
        if told:
            told(f"{results[item.name].status:8} {item.name}: {results[item.name].evidence}")
    return results


def not_run(items: Iterable[Item] = CHECKLIST) -> dict[str, ChecklistResult]:
    """Results of a checklist that was not asked for."""
    return dict.fromkeys([item.name for item in items], NOT_ASKED)


def write_checklist(
    folder: Path, results: Mapping[str, ChecklistResult], items: Iterable[Item] = CHECKLIST
) -> None:
    """Write checklist.json and checklist.md. They hold what was measured, so SHA256SUMS leaves them out."""
    rows = [(item, results[item.name]) for item in items if item.name in results]
    counts = {status: sum(result.status == status for _, result in rows) for status in MARKS}
    content = {
        "counts": counts,
        "items": [
            {"name": item.name, "question": item.question, **vars(result), "figures": dict(result.figures)}
            for item, result in rows
        ],
    }
    files.write_text(folder / files.PACKAGE_CHECKLIST, files.to_json(content))
    lines = [
        f"| {number} | {item.question} | {MARKS[result.status]} | {_cell(result)} |"
        for number, (item, result) in enumerate(rows, start=1)
    ]
    head = f"{counts['pass']} passed, {counts['fail']} failed, {counts['not_run']} were not run."
    text = [
        "# Deployment checklist",
        "",
        head,
        "",
        "| | question | | evidence |",
        "|---|---|---|---|",
        *lines,
    ]
    files.write_text(folder / files.PACKAGE_CHECKLIST_TEXT, "\n".join(text) + "\n")


def _cell(result: ChecklistResult) -> str:
    where = f" (`{result.file}`)" if result.file else ""
    return " ".join(result.evidence.replace("|", "\\|").split()) + where
