"""The ensemble with its nested score as a share of phase 1, and what it gains.

Phase 1 trains all models of a table; then greedy selection, its nested score, and the temperatures are timed
on the out-of-fold predictions that it left: what is chosen and its score, as phase 2 does it. Saving,
measuring, the test, and the two other ways to combine models, which are shown beside it, are not timed.

    python benchmarks/ensemble.py
    python benchmarks/ensemble.py --rows 20000 --kind regression --models xgboost_baseline lightgbm_baseline
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from model_development import model_utils as mu
from model_development.ensembles.nested import fit_ensemble, fold_scores, nested_scores
from model_development.ensembles.pool import make_pool
from model_development.ensembles.selection import select_greedily
from model_development.ensembles.temperature import fit_slopes

CLASSES = {"regression": 0, "binary": 2, "multiclass": 10}


def make_table(n_rows, kind):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n_rows, 12)), columns=[f"x{k}" for k in range(12)])
    X["word"] = rng.choice(list("abcdefgh"), n_rows)
    score = X["x0"] + X["x1"] * X["x2"] + (X["word"] < "d") + rng.normal(size=n_rows)
    if CLASSES[kind]:
        labels = pd.qcut(score, CLASSES[kind], labels=False).map(lambda k: f"class {k}")
        return X.assign(target=labels)
    return X.assign(target=score)


def write_context(folder, kind, n_rows):
    make_table(n_rows, kind).to_csv(folder / "table.csv", index=False)
    outputs = {"feature_data_path": "table.csv", "target_variable": "target"}
    content = {"project": f"ensemble_{kind}", "epoch_004_outputs": outputs}
    context = folder / "pipeline_context.json"
    context.write_text(json.dumps(content), encoding="utf-8")
    return context


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--kind", choices=list(CLASSES), default="binary")
    parser.add_argument("--models", nargs="*")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        context = write_context(Path(folder), given.kind, given.rows)
        began = time.perf_counter()
        phase = mu.start_training(context_path=context, models=given.models, profile=False)
        mu.train_dummy(phase)
        mu.train_all(phase)
        mu.finish_training(phase)
        phase_1_s = time.perf_counter() - began
        measure(phase, phase_1_s)


def measure(phase, phase_1_s):
    session = phase.session
    folder = session.record.oof_path("x").parent
    tables = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    tables = {name: table for name, table in tables.items() if not name.startswith("dummy")}
    began = time.perf_counter()
    pool = make_pool(tables, session.task, session.data.y_train)
    slopes = fit_slopes(pool)
    scores = nested_scores(pool, session.metric, select_greedily, slopes)
    blend = fit_ensemble(pool, session.metric, select_greedily, slopes)
    spent_s = time.perf_counter() - began
    single = [np.mean(fold_scores(pool, session.metric, said)) for said in pool.outputs]
    best = (max if session.metric.greater_is_better else min)(single)
    print(f"phase 1 {phase_1_s:.1f} s, ensemble with nested score {spent_s * 1000:.0f} ms: ", end="")
    print(f"{100 * spent_s / phase_1_s:.2f} % ({len(pool.names)} models, {len(pool)} rows)")
    print(f"{session.metric.name}: best single {best:.5f}, ensemble nested {np.mean(scores):.5f}")
    print({name: round(w, 3) for name, w in zip(pool.names, blend.weights, strict=True) if w})


if __name__ == "__main__":
    main()
