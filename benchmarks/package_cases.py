"""Packages to be measured: every model of the table and an ensemble, on a table with awkward columns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from row_plan import fitted

TARGET, EPOCHS, N_ASKED = "outcome", 3, 200
WORDS = ("quick", "slow", "late", "early", "good", "bad", "order", "parcel", "came", "never", "twice")
LABELS = ((False, True), (1, 2, 3), ("bad", "gut", "très bien"))
MEMBERS = {
    "classification": ("sklearn_logistic_regression", "xgboost_baseline", "lightgbm_baseline"),
    "regression": ("sklearn_ridge", "sklearn_random_forest", "catboost_baseline"),
}


@dataclass(frozen=True)
class Case:
    """A fitted model's package. rows : that are asked. labels, outputs : what the model says of them."""

    name: str
    package: Path
    rows: list
    labels: list
    outputs: np.ndarray
    classes: list


def make_rows(n_rows, family, labels, with_text, seed=0):
    """Columns with awkward names, and the target."""
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 2000, n_rows), "D")
    table = pd.DataFrame(
        {
            "id": rng.choice(["001", "002", "017", "120"], n_rows),
            "prediction": rng.normal(-3, 20, n_rows).round(3),
            "größe [m²]": rng.gamma(2, 40, n_rows).round(1),
            "self": rng.random(n_rows) < 0.4,
            "rows": rng.integers(1, 6, n_rows),
            "home town": rng.choice(["Bern", "Zürich", "Genève", "東京"], n_rows),
            "since": days.strftime("%Y-%m-%d"),
        }
    )
    if with_text:
        words = WORDS
        table["note"] = [" ".join(rng.choice(words, 7)) for _ in range(n_rows)]
    score = table["prediction"] / 20 + table["größe [m²]"] / 80 + table["self"] + rng.normal(0, 0.3, n_rows)
    for name in ("größe [m²]", "home town", "since"):
        table.loc[rng.random(n_rows) < 0.1, name] = None
    if family == "regression":
        return table, score.to_numpy() * 100 - 200
    cuts = np.quantile(score, np.arange(1, len(labels)) / len(labels))
    said = np.array(labels, dtype=object)[np.searchsorted(cuts, score)]
    return table, pd.Series(said).infer_objects().to_numpy()


def asked_rows(family, labels, with_text):
    """New rows, some of which no training row is like."""
    table, _ = make_rows(N_ASKED, family, labels, with_text, seed=1)
    table = table.astype(object)
    table.loc[:9, "home town"] = "Olten"
    table.loc[5:14, "prediction"] = [1e9, -1e9, 0.0, 1e-9, -1e15, 1e15, 123456.789, -0.5, 3e7, 7.0]
    table.loc[15:19, "rows"] = [None, 99, -1, 0, 3]
    table.loc[20:24] = None
    return table.where(table.notna(), None)


def save_fitted(name, family, labels, with_text, folder):
    """Fit and save a model, or an ensemble; return what it was fitted on."""
    from model_development.ensembles.blend import mean_of
    from model_development.ensembles.table import ENSEMBLES
    from model_development.storage.ensemble_folder import save_ensemble
    from model_development.storage.model_folder import save_model
    from model_development.tasks.table import make_task

    X, y = make_rows(600, family, labels, with_text)
    task = make_task(pd.Series(y), TARGET)
    if name not in ENSEMBLES:
        save_model(fitted(name, task, X, y, EPOCHS), folder)
        return X
    members = {
        one: save_model(fitted(one, task, X, y, EPOCHS), folder.with_name(f"{folder.name}_{one}"))
        for one in MEMBERS[family]
    }
    save_ensemble(name, mean_of(np.array([0.5, 0.3, 0.2])), members, folder)
    return X


def write_case(name, family, labels, with_text, folder):
    """Fit a model, write its package, and keep what it says."""
    from model_development.model_utils import load_model
    from model_development.monitoring.reference import Reference
    from model_development.serving.package.builder import build_package
    from model_development.serving.package.contents import PackageContents
    from model_development.serving.package.typical_rows import typical_rows, unlike

    folder.mkdir()
    X = save_fitted(name, family, labels, with_text, folder / "model")
    model, asked = load_model(folder / "model"), asked_rows(family, labels, with_text)
    classes = model.classes_.tolist() if family == "classification" else []
    reference = Reference.from_rows(X, model.schema_, model.predict_matrix(model.to_matrix(X)), classes)
    rows = unlike(typical_rows(reference, model.schema_, 30), X, model.schema_)
    contents = PackageContents(
        model_folder=folder / "model",
        name=name,
        version="1",
        target=TARGET,
        reference=reference,
        rows=rows[:10],
        background=rows[10:],
    )
    package = build_package(contents, folder / "package")
    outputs = model.predict_proba(asked) if classes else model.predict(asked)
    labels_said = model.predict(asked).tolist()
    text = " with sentences" if with_text else ""
    called = f"{name}, {family}{text}"
    return Case(called, package, asked.to_dict("records"), labels_said, np.asarray(outputs), classes)


def chosen(names):
    """(name, family, labels, with sentences?) of every case."""
    from model_development.models.table import MODELS

    cases = [(name, family) for name, spec in MODELS.items() for family in spec.tasks]
    cases = [(*case, LABELS[k % len(LABELS)], False) for k, case in enumerate(cases)]
    cases += [("ensemble_greedy", family, LABELS[2], True) for family in MEMBERS]
    return [case for case in cases if not names or case[0] in names]
