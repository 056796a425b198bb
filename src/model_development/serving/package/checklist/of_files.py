"""Items about the files: whole, without pickle, without rows of the table, with rules and documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile, is_zipfile

import numpy as np

from ....storage import files
from ..docs_part import GAP
from ..sums import read_sums, require_as_written
from ..typical_rows import equal_rows
from .item import ChecklistResult

if TYPE_CHECKING:
    from .item import PackageAtTest

PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".dill")
PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
READ_AS_WEIGHTS = (".pt",)  # PyTorch's archive of tensors: read with `weights_only`, which runs nothing
TABLE_NAMES = (".csv", ".parquet", ".feather", ".xlsx", ".db", ".sqlite")


def sums_hold(package: PackageAtTest) -> ChecklistResult:
    """Every file is as SHA256SUMS has it, and there is no other."""
    require_as_written(package.folder)
    n = len(read_sums(package.folder))
    return ChecklistResult(
        "pass", f"{n} files are as {files.PACKAGE_SUMS} has them.", {"files": n}, files.PACKAGE_SUMS
    )


def holds_no_pickle(package: PackageAtTest) -> ChecklistResult:
    """Nothing in the package is read in a way that can run code, archives looked into."""
    paths = [path for path in package.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    found = [f"{path.relative_to(package.folder)}: {what}" for path in paths for what in _pickles(path)]
    weights = [path.name for path in paths if path.suffix in READ_AS_WEIGHTS]
    if found:
        return ChecklistResult("fail", f"Pickle in {'; '.join(found[:5])}.", {"found": len(found)})
    aside = f" {', '.join(weights)} is PyTorch's archive of tensors, read as such alone." if weights else ""
    said = f"{len(paths)} files looked through, archives inside: no pickle.{aside}"
    return ChecklistResult("pass", said, {"files": len(paths)})


def _pickles(path: Path) -> Iterator[str]:
    if path.suffix in READ_AS_WEIGHTS:
        return
    if _is_pickle(path.name, path.open("rb").read(64)):
        yield "the file itself"
    if is_zipfile(path):
        with ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    if _is_pickle(name, member.read(4096)):
                        yield name


def _is_pickle(name: str, head: bytes) -> bool:
    """By its name, its first bytes, or as an array of numpy whose values are pickled."""
    is_array = head.startswith(b"\x93NUMPY") and re.search(rb"'descr': '\|O", head) is not None
    return name.lower().endswith(PICKLE_NAMES) or head.startswith(PICKLE_STARTS) or is_array


def holds_no_raw_rows(package: PackageAtTest) -> ChecklistResult:
    """No row of the table is in test data or background, unless the user allows it, and there is no table."""
    tables = [path.name for path in package.folder.rglob("*") if path.suffix in TABLE_NAMES]
    if tables:
        return ChecklistResult("fail", f"There are tables in the package: {', '.join(tables)}.")
    if package.may_share:
        return ChecklistResult("pass", "`share_rows` allows rows of the table in the package.")
    if package.table is None:
        return ChecklistResult("not_run", "The table is not at hand, so its rows were not looked for.")
    rows, background = list(package.rows), package.folder / files.PACKAGE_BACKGROUND
    if background.is_file():
        rows += package.read(files.PACKAGE_BACKGROUND)["rows"]
    n_equal = int(np.sum(equal_rows(rows, package.table, package.model.schema_)))
    n_table = len(package.table)
    said = f"{len(rows)} example rows were looked for among {n_table} rows of the table: {n_equal} are there."
    return ChecklistResult("fail" if n_equal else "pass", said, {"rows": len(rows), "found": n_equal})


def metrics_are_known(package: PackageAtTest) -> ChecklistResult:
    """Rules and dashboard are read as what they are, and ask for metrics that the service gives."""
    import yaml

    from ....monitoring.metrics import TEXT_METRIC_NAMES
    from ...service.metric_names import METRIC_NAMES

    texts = {
        n: (package.folder / "monitoring" / n).read_text("utf-8") for n in ("alerts.yaml", "dashboard.json")
    }
    rules = [rule for group in yaml.safe_load(texts["alerts.yaml"])["groups"] for rule in group["rules"]]
    panels = json.loads(texts["dashboard.json"])["panels"]
    asked = {
        name for text in texts.values() for name in re.findall(r"\bmodel_(?!development|package)\w+", text)
    }
    recorded = {rule["record"] for rule in rules if "record" in rule}
    unknown = sorted(asked - {*METRIC_NAMES, *TEXT_METRIC_NAMES} - recorded)
    types = len(re.findall(r"^# TYPE ", package.service.metrics, re.M))
    figures = {"rules": len(rules), "panels": len(panels), "metrics": len(asked), "served": types}
    if unknown or not rules or not panels or not types:
        what = (
            f"metrics that neither service nor monitoring has: {', '.join(unknown)}"
            if unknown
            else "nothing to show"
        )
        return ChecklistResult("fail", f"Rules or dashboard have {what}.", figures, "monitoring/alerts.yaml")
    said = f"{len(rules)} rules and {len(panels)} panels ask for {len(asked)} metrics; there are all of them."
    return ChecklistResult("pass", said, figures, "monitoring/alerts.yaml")


def documents_are_whole(package: PackageAtTest) -> ChecklistResult:
    """The model card is there with its gaps counted, calling and rollback are described."""
    texts = {p.name: p.read_text("utf-8") for p in (package.folder / "docs").glob("*.md")}
    gaps = [line.partition(GAP)[2].strip(" |") for line in texts["model_card.md"].splitlines() if GAP in line]
    lacking = [] if "Rollback" in texts["deployment.md"] else ["how to roll back"]
    lacking += [] if "application/problem+json" in texts["api_guide.md"] else ["what errors look like"]
    figures = {"gaps": len(gaps)}
    if lacking:
        return ChecklistResult("fail", f"The documents do not say {' and '.join(lacking)}.", figures, "docs/")
    listed = f": {' '.join(gaps)}" if gaps else "."
    said = (
        f"Calling, deployment and rollback are described; the model card leaves {len(gaps)} gaps to a person"
    )
    return ChecklistResult("pass", said + listed, figures, "docs/model_card.md")
