"""Ours against AutoGluon, FLAML and mljar at equal wall time, start-up included, on rows that none has seen.

Every CSV of a folder is a table: a share of its rows, drawn by a seed, is held out, the rest goes to
each tool. Each other tool lives in an environment of its own that this command makes (some minutes and
gigabytes the first time). A row is appended to the results as soon as a run is done; what is there is
not run again. Ours gets the held-out rows as its sealed test file, which phases 1 and 2 do not open: all
else is its to learn from, as it is the others'.

    python benchmarks/peers.py --data tables --budgets 60 120 300 --seeds 3 --out peers.csv
    python benchmarks/peers.py --data tables --tools ours flaml --budgets 60 --out peers.csv

The target is the last column, unless the folder has a targets.json: {"adult.csv": "income", "x.csv":
{"target": "y", "drop": ["id"]}}. Scores: ROC AUC of two classes, log loss of more, RMSE of numbers.
Prints every score with the true seconds of its run, then mean rank and wins by budget: ties share a rank, a
run that came to nothing is last.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

RUNNER = Path(__file__).with_name("peer_runner.py")
OURS, HELD_OUT = "ours", "held_out.csv"
NEEDS = {  # what an environment is made of
    "autogluon": ["autogluon.tabular[all]>=1.2"],
    "flaml": ["flaml[automl]>=2.3", "catboost"],
    "mljar": ["mljar-supervised>=1.1"],
}
TOOLS = {
    OURS: None,
    "autogluon_medium": "autogluon",
    "autogluon_good": "autogluon",
    "flaml": "flaml",
    "mljar": "mljar",
}
METRICS = {"binary": ("roc_auc", True), "multiclass": ("log_loss", False), "regression": ("rmse", False)}
MOST_CLASSES = 30  # different whole numbers in a target, which are then classes
COLUMNS = ["table", "seed", "budget_s", "tool", "metric", "score", "took_s", "error"]
LONGEST = 3.0  # times the budget, after which a run is ended
PREDICT = """
import sys, pandas as pd
from model_development.model_utils import load_model
model, test = load_model(sys.argv[1]), pd.read_csv(sys.argv[2])
if sys.argv[3] == "regression":
    said = pd.DataFrame({"prediction": model.predict(test)})
else:
    said = pd.DataFrame(model.predict_proba(test), columns=model.classes_)
said.to_csv(sys.argv[4], index=False)
"""


def read_tables(folder, but=None):
    """Yield (name, table, target) of each CSV of a folder but one; rows without a target are left out."""
    named = folder / "targets.json"
    targets = json.loads(named.read_text(encoding="utf-8")) if named.is_file() else {}
    for path in sorted(path for path in folder.glob("*.csv") if path.resolve() != but):
        table, about = pd.read_csv(path), targets.get(path.name, {})
        about = {"target": about} if isinstance(about, str) else about
        target = about.get("target", table.columns[-1])
        yield path.stem, table.drop(columns=about.get("drop", [])).dropna(subset=[target]), target


def kind_of(target):
    """ "binary", "multiclass" or "regression", by the values of a target."""
    n_different = target.nunique()
    if n_different == 2:
        return "binary"
    is_number = pd.api.types.is_numeric_dtype(target) and not pd.api.types.is_bool_dtype(target)
    is_whole = is_number and bool((target % 1 == 0).all())
    return "regression" if is_number and not (is_whole and n_different <= MOST_CLASSES) else "multiclass"


def split(table, target, kind, seed, share):
    """(rows to train on, rows that are held out), drawn within each class."""
    rng = np.random.default_rng(seed)
    groups = [table.index] if kind == "regression" else [rows.index for _, rows in table.groupby(target)]
    held_out = np.concatenate([rng.permutation(rows)[: int(len(rows) * share)] for rows in groups])
    is_held_out = table.index.isin(held_out)
    return table[~is_held_out], table[is_held_out]


def score(said, truth, kind):
    """The score of METRICS. said : as the runners write it. truth : shape (n_rows,)."""
    if kind == "regression":
        return root_mean_squared_error(truth, said.iloc[:, 0])
    order = sorted(truth.astype(str).unique())
    said = said.rename(columns=str)
    if missing := set(order) - set(said.columns):
        raise ValueError(f"no probability of {', '.join(sorted(missing))}")
    if kind == "binary":
        return roc_auc_score(truth.astype(str) == order[1], said[order[1]])
    said = said[sorted(said.columns)]
    shares = said.div(said.sum(axis=1), axis=0)
    return log_loss(truth.astype(str), shares, labels=list(shares.columns))


def environment(name, folder):
    """The Python of a tool's environment, made where there is none."""
    python = folder / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / name / "ready"
    if not ready.is_file():
        print(f"making the environment of {name} in {folder / name} ...", flush=True)
        venv.create(folder / name, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *NEEDS[name]], check=True)
        ready.touch()
    return python


def run_ours(folder, target, kind, budget, seed):
    """Run both phases as users do; return the command that predicts afterwards, which no clock counts."""
    context = folder / "pipeline_context.json"
    metric = METRICS[kind][0]
    settings = {"primary_metric": metric, "seed": seed, "test_data_path": HELD_OUT}
    content = {
        "project": "peers",
        "epoch_004_outputs": {"feature_data_path": "train.csv", "target_variable": target},
        "epoch_005_settings": settings,
    }
    context.write_text(json.dumps(content), encoding="utf-8")
    program = Path(sys.executable).with_name("model-development")
    _run([program, "run", "--context", context, "--budget", str(budget)], folder, budget)
    model = json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]["model_path"]
    return [sys.executable, "-c", PREDICT, model, folder / "test.csv", kind, folder / "said.csv"]


def _run(command, folder, budget):
    """Run a program in `folder`. Raises RuntimeError with its last line where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST * budget + 120,
    )
    if done.returncode:
        raise RuntimeError(((done.stderr or done.stdout).strip().splitlines() or ["failed"])[-1][:200])


def measure(tool, table, target, kind, budget, seed, share, environments):
    """One run: (score or "", true seconds, why there is no score)."""
    train, test = split(table, target, kind, seed, share)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / HELD_OUT, index=False)
        test.drop(columns=target).to_csv(folder / "test.csv", index=False)
        needs = TOOLS[tool]
        python = None if needs is None else environment(needs, environments)
        started = time.monotonic()
        took = None
        try:
            if python is None:
                predict = run_ours(folder, target, kind, budget, seed)
                took = time.monotonic() - started
                _run(predict, folder, budget)
            else:
                names = [tool, "train.csv", "test.csv", target, kind, budget, seed, "said.csv"]
                _run([python, RUNNER, *names], folder, budget)
                took = time.monotonic() - started
            return score(pd.read_csv(folder / "said.csv"), test[target], kind), took, ""
        except (RuntimeError, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            return "", took or time.monotonic() - started, f"{type(error).__name__}: {error}"[:200]


def summary(results):
    """Mean rank and wins of each tool by budget. results : the table of all rows so far."""
    sign = results["metric"].map({name: -1 if greater else 1 for name, greater in METRICS.values()})
    loss = (pd.to_numeric(results["score"], errors="coerce") * sign).fillna(np.inf)
    results = results.assign(loss=loss)
    results["rank"] = results.groupby(["table", "seed", "budget_s"])["loss"].rank(method="average")
    is_best = results["rank"].eq(results.groupby(["table", "seed", "budget_s"])["rank"].transform("min"))
    results["win"] = is_best & np.isfinite(results["loss"])
    grouped = results.groupby(["budget_s", "tool"])
    return grouped.agg(
        mean_rank=("rank", "mean"), wins=("win", "sum"), runs=("rank", "size"), median_s=("took_s", "median")
    ).sort_values(["budget_s", "mean_rank"])


def options(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files")
    parser.add_argument("--tables", nargs="+", help="names of some of them, without .csv")
    parser.add_argument("--tools", nargs="+", choices=list(TOOLS), default=list(TOOLS))
    parser.add_argument("--budgets", nargs="+", type=float, default=[60, 120, 300], help="seconds")
    parser.add_argument("--seeds", type=int, default=3, help="how many splits")
    parser.add_argument("--held-out", type=float, default=0.2, help="share of the rows")
    parser.add_argument("--out", type=Path, default=Path("peers.csv"), help="results; appended to")
    parser.add_argument(
        "--environments", type=Path, default=Path(tempfile.gettempdir()) / "model_development_peers"
    )
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        parser.error(f"there is no folder {given.data}")
    if not 0 < given.held_out < 1:
        parser.error("--held-out must lie between 0 and 1")
    return given


def done_before(path):
    if not path.is_file():
        return set()
    rows = pd.read_csv(path)
    return set(zip(rows["table"], rows["seed"], rows["budget_s"], rows["tool"], strict=True))


def main(arguments=None):
    given = options(arguments)
    done, is_new = done_before(given.out), not given.out.is_file()
    with given.out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(COLUMNS)
        for name, table, target in read_tables(given.data, given.out.resolve()):
            if given.tables and name not in given.tables:
                continue
            kind = kind_of(table[target])
            for seed, budget, tool in (
                (seed, budget, tool)
                for seed in range(given.seeds)
                for budget in given.budgets
                for tool in given.tools
                if (name, seed, budget, tool) not in done
            ):
                found, took, error = measure(
                    tool, table, target, kind, budget, seed, given.held_out, given.environments
                )
                row = [name, seed, budget, tool, METRICS[kind][0], found, round(took, 1), error]
                writer.writerow(row)
                file.flush()
                print(*row, sep=", ", flush=True)
    print(summary(pd.read_csv(given.out)).to_string(float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
