"""Items about the model: it loads alone, and says what it said where it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....storage import files
from ..requirements import with_needed
from .item import ChecklistResult

if TYPE_CHECKING:
    import pandas as pd

    from ....predictor import Predictor
    from .item import PackageAtTest

HEAVY = ("mlflow", "matplotlib", "optuna", "torch", "tensorflow")  # loaded where the model needs them alone
MOST_PROVED = 20_000  # rows of the table that the row plan is compared on
TOLERANCE = 1e-6  # networks compute in single precision, and sum in another order with other threads


def loads_alone(package: PackageAtTest) -> ChecklistResult:
    """Without environment, in an empty folder, by the package's own source, without libraries of no use."""
    fresh = package.fresh
    is_own = Path(fresh.source).is_relative_to(package.folder.resolve())
    loaded = sorted({*HEAVY} & set(fresh.modules) - with_needed(package.metadata["packages"]))
    figures = {"cpu_seconds": round(fresh.seconds, 2)}
    if not is_own or loaded:
        what = f"it loads {', '.join(loaded)}" if loaded else f"its source is {fresh.source}"
        return ChecklistResult("fail", f"A fresh process opens the package, but {what}.", figures)
    said = (
        f"A process without environment, in an empty folder, was ready in {fresh.seconds:.2f} s of CPU time."
    )
    return ChecklistResult("pass", said, figures)


def answers_are_equal(package: PackageAtTest) -> ChecklistResult:
    """Both ways of answering give what the model itself says of the same rows, each and all of them."""
    model, rows = package.model, package.raw_rows
    n = len(rows)
    each = [said for at in range(n) for said in _said(model, rows.iloc[[at]])]
    pairs = [
        *zip(each, package.fresh.answers, ["one by one"] * n, strict=True),
        *zip(_said(model, rows), package.fresh.together, ["at once"] * n, strict=True),
    ]
    wrong = [
        f"row {at % n} ({what})"
        for at, (expected, answer, what) in enumerate(pairs)
        if not _is_close({name: answer.get(name) for name in expected}, expected)
    ]
    explained = package.fresh.explained
    if explained is not None and not _adds_up(explained):
        wrong.append("the explanation of row 0, which does not add up,")
    if wrong:
        return ChecklistResult("fail", f"{len(wrong)} answers differ: {', '.join(wrong[:5])}.", {"rows": n})
    said = f"{n} rows, one by one and at once, are answered as the model itself does, to 6 digits."
    return ChecklistResult("pass", said, {"rows": n}, "tests/test_data/answers.json")


def _said(model: Predictor, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """What a model says of each row, by the names that answers have."""
    predictions = [{"prediction": files.plain(value)} for value in model.predict(rows)]
    if not hasattr(model, "predict_proba"):
        return predictions
    labels = [str(label) for label in model.classes_.tolist()]
    lines = model.predict_proba(rows).tolist()
    return [
        found | {"probabilities": dict(zip(labels, line, strict=True))}
        for found, line in zip(predictions, lines, strict=True)
    ]


def _adds_up(explained):
    added = sum(line["contribution"] for line in explained["contributions"])
    return math.isclose(explained["base"] + added, explained["output"], rel_tol=1e-6, abs_tol=1e-6)


def _is_close(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_close(one[key], other[key]) for key in one)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def row_plan_is_equal(package: PackageAtTest) -> ChecklistResult:
    """The row plan gives the model's numbers to the last bit: on rows of the table and on fuzzed ones."""
    from ...proof import prove_plan
    from ...served_model import ServedModel

    rows: Sequence[Mapping[str, Any]] = package.rows
    if package.table is not None:
        rows = package.table.head(MOST_PROVED).to_dict("records")
    proof = prove_plan(ServedModel(package.model), rows)
    figures = {"rows": proof.n_rows, "fuzzed": proof.n_fuzzed, "different": proof.n_different}
    if not proof.uses_plan:
        said = "The model has no row plan: the service asks it through a table of one row, which is slower."
        return ChecklistResult("pass", said)
    if not proof.holds:
        return ChecklistResult("fail", f"{proof.n_different} rows differ, first: {proof.first}", figures)
    said = (
        f"{proof.n_rows} rows and {proof.n_fuzzed} fuzzed ones: the same bits by plan and through the table."
    )
    return ChecklistResult("pass", said, figures)


def policy_is_obeyed(package: PackageAtTest) -> ChecklistResult:
    """Each decision is the one that the policy takes of the model's probabilities."""
    policy, answers = package.model.decision_policy_, package.fresh.answers
    if policy is None:
        decided = sum("decision" in answer for answer in answers)
        said = f"The model has no decision policy, and {decided} of {len(answers)} answers hold a decision."
        return ChecklistResult("fail" if decided else "pass", said)
    expected = package.model.predict(package.raw_rows, policy=True).tolist()
    found = [answer.get("decision") for answer in answers]
    differ = sum(one != other for one, other in zip(found, expected, strict=True))
    said = f"{len(found) - differ} of {len(found)} decisions are those of the policy ({policy.way})."
    return ChecklistResult(
        "fail" if differ else "pass", said, {"differing": differ}, "model/decision_policy.json"
    )


def schema_is_there(package: PackageAtTest) -> ChecklistResult:
    """The columns that the model reads are those that the package tells callers."""
    names = package.model.schema_.names()
    told = package.read(files.PACKAGE_FEATURES)["feature_names"]
    text = (package.folder / "api" / "schemas.py").read_text(encoding="utf-8")
    absent = [name for name in names if ascii(name) not in text]
    if told != names or absent:
        return ChecklistResult("fail", f"feature_names.json or schemas.py lacks columns: {absent or told}.")
    said = f"{len(names)} columns are in model.json, feature_names.json and api/schemas.py alike."
    return ChecklistResult("pass", said, {"columns": len(names)}, files.PACKAGE_FEATURES)


def gate_was_passed(package: PackageAtTest) -> ChecklistResult:
    """What `validate` said of this very model."""
    if package.report is None:
        return ChecklistResult(
            "not_run", "The gate was not asked: run validate_model.py, then package again."
        )
    passed = bool(package.report.get("passed"))
    return ChecklistResult("pass" if passed else "fail", f"The gate was {'' if passed else 'not '}passed.")
