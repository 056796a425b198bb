"""What each part gains by itself, on rows that none has seen, and the seconds that it takes.

Of each table a share of the rows is held out, and phase 1 is run on (a sample of) the others: without
CatBoost, with networks that see their numbers in bins alone, without steps, ensemble or search. That is the
base: the model that is best over the folds. Then one part alone comes to it:

    ensemble   greedy, of the models of the base
    catboost   one more framework to choose from
    networks   numbers scaled as well as binned; the better of both networks, before and after
    features   the steps that earn their place, `features: auto`
    search     phase 2 around the base, for --search seconds; both fitted once more on all rows

Gains are in percent of the base's loss (1 - ROC AUC, log loss, RMSE) on the held-out rows. Beside them: the
gain that the ensemble's nested score claims on the folds, and phase 1 with CatBoost as a multiple of phase 1
without.

    python benchmarks/ablation.py --data tables --rows 6000
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from peers import METRICS, kind_of, read_tables, score, split

from model_development import model_utils as mu
from model_development.data.columns.recognition import infer_schema
from model_development.ensembles.nested import fit_ensemble, fold_scores, nested_scores
from model_development.ensembles.pool import make_pool
from model_development.ensembles.selection import select_greedily
from model_development.ensembles.table import GREEDY
from model_development.ensembles.temperature import fit_slopes
from model_development.models.table import MODELS, model_names
from model_development.pipeline import TabularModel
from model_development.storage.ensemble_folder import save_ensemble

CATBOOST, NETWORKS = "catboost_baseline", ["pytorch_nn", "tensorflow_nn"]


class Table:
    """One table with its held-out rows, and the phases that are run on the others."""

    def __init__(self, folder, table, target, n_rows):
        self.folder, self.target, self.kind = folder, target, kind_of(table[target])
        self.rows, self.held_out = split(table, target, self.kind, 0, 0.2)
        self.rows = self.rows.sample(min(len(self.rows), n_rows), random_state=0)
        self.family = "regression" if self.kind == "regression" else "classification"
        self.truth = self.held_out[target]

    def phase(self, name, models, *, of_networks=None, **settings):
        """(phase 1 of these models, its results, its seconds), in a folder of its own."""
        folder = self.folder / name
        folder.mkdir()
        self.rows.to_csv(folder / "table.csv", index=False)
        self.held_out.to_csv(folder / "held_out.csv", index=False)
        settings |= {"primary_metric": METRICS[self.kind][0], "test_data_path": "held_out.csv", "seed": 0}
        settings["ensemble"] = "never"
        content = {
            "project": "ablation",
            "epoch_004_outputs": {"feature_data_path": "table.csv", "target_variable": self.target},
            "epoch_005_settings": settings,
        }
        (folder / "pipeline_context.json").write_text(json.dumps(content), encoding="utf-8")
        began = time.perf_counter()
        phase = mu.start_training(context_path=folder / "pipeline_context.json", models=models, profile=False)
        results = mu.train_all(phase, [name for name in models if name not in NETWORKS])
        results += mu.train_all(phase, NETWORKS, **(of_networks or {}))
        mu.finish_training(phase)
        return phase, [r for r in results if not r.is_dummy], time.perf_counter() - began

    def loss(self, model):
        """What a model loses on the held-out rows. model : one in memory, or where it is saved."""
        model = mu.load_model(model) if isinstance(model, str | Path) else model
        X = self.held_out.drop(columns=self.target)
        if self.kind == "regression":
            said = pd.DataFrame({"prediction": model.predict(X)})
        else:
            said = pd.DataFrame(model.predict_proba(X), columns=model.classes_)
        found = score(said, self.truth, self.kind)
        return 1 - found if METRICS[self.kind][1] else found

    def fitted(self, name, params):
        """A model of all rows that are not held out."""
        X, y = self.rows.drop(columns=self.target).reset_index(drop=True), self.rows[self.target].to_numpy()
        return fitted(name, self.family, X, y, params)


def fitted(name, family, X, y, params):
    """A model of these rows, a tenth of which say when to stop."""
    model = TabularModel(name, family, infer_schema(X), params, seed=0)
    watched = np.arange(len(X))[::10] if MODELS[name].stops_early else None
    return model.fit(X, y, early_stopping_rows=watched)


def best(results, metric):
    """The best over the folds."""
    scored = [r for r in results if r.status == "ok" and r.cv(metric.name) is not None]
    return (max if metric.greater_is_better else min)(scored, key=lambda r: r.cv(metric.name))


def of_ensemble(table, phase, results):
    """(its loss on the held-out rows, its seconds, {model: loss on the folds}, its own nested loss there)."""
    session, began = phase.session, time.perf_counter()
    oofs = {r.name: pd.read_parquet(session.record.oof_path(r.name)) for r in results if r.status == "ok"}
    pool = make_pool(oofs, session.task, session.data.y_train)
    slopes = fit_slopes(pool)
    nested = nested_scores(pool, session.metric, select_greedily, slopes)
    blend = fit_ensemble(pool, session.metric, select_greedily, slopes)
    seconds = time.perf_counter() - began
    paths = {name: next(r.model_path for r in results if r.name == name) for name in pool.names}
    loss = table.loss(save_ensemble(GREEDY, blend, paths, table.folder / "ensemble"))
    outputs = zip(pool.names, pool.outputs, strict=True)
    single = {name: _lost(session.metric, fold_scores(pool, session.metric, said)) for name, said in outputs}
    return loss, seconds, single, _lost(session.metric, nested)


def _lost(metric, scores):
    return 1 - np.mean(scores) if metric.greater_is_better else np.mean(scores)


def show(table, search_s):
    names = [n for n in model_names(table.family) if not MODELS[n].is_dummy]
    without = [n for n in names if n != CATBOOST]
    phase, results, without_s = table.phase("base", without, of_networks={"input_form": "binned"})
    metric, chosen = phase.session.metric, best(results, phase.session.metric)
    base = table.loss(chosen.model_path)
    print(f"  base {chosen.name}, loss {base:.5g}, {without_s:.0f} s", flush=True)

    def tell(part, before, after, seconds, about=""):
        print(f"  {part:10s} {100 * (1 - after / before):+7.2f} %  {seconds:7.1f} s  {about}", flush=True)

    loss, seconds, single, nested = of_ensemble(table, phase, results)
    on_folds = 100 * (1 - nested / single[chosen.name])
    tell("ensemble", base, loss, seconds, f"gain by its nested score on the folds {on_folds:+.2f} %")
    _, results_all, with_s = table.phase("all", names)
    _, _, plain_s = table.phase("plain", without)
    with_it = [r for r in results if r.name != CATBOOST] + [r for r in results_all if r.name == CATBOOST]
    winner = best(with_it, metric)
    about = f"{winner.name}; phase 1 {with_s:.0f} s with it, {plain_s:.0f} s without: {with_s / plain_s:.2f}"
    tell("catboost", base, table.loss(winner.model_path), with_s - plain_s, about)
    nets = [[r for r in found if r.name in NETWORKS] for found in (results, results_all)]
    losses = [table.loss(best(found, metric).model_path) for found in nets]
    times = [sum(r.metric("training_time") for r in found) for found in nets]
    tell(
        "networks", losses[0], losses[1], times[1] - times[0], "of the better network's loss; seconds of fits"
    )
    _, results_steps, steps_s = table.phase("steps", without, features="auto")
    winner = best(results_steps, metric)
    tell("features", base, table.loss(winner.model_path), steps_s - plain_s, f"{winner.label}")
    began = time.perf_counter()
    context = table.folder / "base" / "pipeline_context.json"
    mu.tune_best_model(context, model=chosen.name, timeout_s=search_s)
    seconds = time.perf_counter() - began
    told = json.loads(phase.session.record.path("tuned_model_info.json").read_text(encoding="utf-8"))
    before, after = (
        table.loss(table.fitted(chosen.name, told[params])) for params in ("baseline_params", "best_params")
    )
    tell("search", before, after, seconds, "handed over" if told["improved"] else "the baseline stays")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files, see peers.py")
    parser.add_argument("--tables", nargs="+", help="names of some of them, without .csv")
    parser.add_argument("--rows", type=int, default=6000, help="of each table, at most (default: 6000)")
    parser.add_argument("--search", type=float, default=60.0, help="seconds of phase 2 (default: 60)")
    given = parser.parse_args()
    for name, table, target in read_tables(given.data):
        if given.tables and name not in given.tables:
            continue
        print(name, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            show(Table(Path(folder), table, target, given.rows), given.search)


if __name__ == "__main__":
    main()
