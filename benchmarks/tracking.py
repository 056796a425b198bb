"""What tracking costs a search: nested runs by MLflow's client and by ours, and its share of a whole grid.

Searches LightGBM's grid on a table twice: with the largest number of rounds alone, and whole, which is four
times the runs for the same fits. A local SQLite store, all cores.

    python benchmarks/tracking.py                                 # the default table (breast_cancer)
    python benchmarks/tracking.py --context my_context.json
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from unittest import mock

from model_development import model_utils as mu
from model_development.execution.hardware import available_cores
from model_development.models.table import get_model
from model_development.tracking import store as tracking
from model_development.tracking.store import TrackingStore

ROOT = Path(__file__).resolve().parents[1]
MODEL = "lightgbm_baseline"


def search(context_path, folder, space):
    """Search a space; return the report of the search, and the seconds of a core that its runs took."""
    path, cpu, add_runs = Path(folder) / "space.json", [], TrackingStore.add_runs
    path.write_text(json.dumps(space), encoding="utf-8")

    def clocked(store, runs, parent):
        started = time.thread_time()
        ids = add_runs(store, runs, parent)
        cpu.append(time.thread_time() - started)
        return ids

    with mock.patch.object(TrackingStore, "add_runs", clocked):
        mu.tune_best_model(context_path, model=MODEL, strategy="grid", grid=str(path), resume=False)
    files = Path(os.environ["ARTIFACTS_DIR"]) / "epoch005-model-development"
    report = json.loads((files / "tuning_summary_report.json").read_text(encoding="utf-8"))
    return report, sum(cpu)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--context", type=Path, default=ROOT / "pipeline_context.json")
    context_path = parser.parse_args().context.resolve()
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    grid = {name: list(values) for name, values in get_model(MODEL).search_space.items()}
    longest = grid | {"n_estimators": grid["n_estimators"][-1:]}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ARTIFACTS_DIR"] = str(Path(folder) / "artifacts")
        phase = mu.start_training(context_path=context_path, models=[MODEL], profile=False)
        mu.train_all(phase)
        mu.finish_training(phase)
        for name, space in (("largest n_estimators", longest), ("whole grid", grid)):
            found.append((name, *search(context_path, folder, space)))
        with mock.patch.object(tracking, "copy_runs", side_effect=LookupError):
            found.append(("whole grid, by the client", *search(context_path, folder, grid)))
    print(
        f"\n{'search':28s} {'runs':>5s} {'search s':>9s} {'tracking, CPU s':>16s} {'share of the cores':>19s}"
    )
    for name, report, cpu in found:
        seconds, runs = report["search_time_s"], report["n_trials"]
        share = cpu / seconds / available_cores()
        print(f"{name:28s} {runs:5d} {seconds:9.1f} {cpu:16.2f} {share:18.1%}")


if __name__ == "__main__":
    main()
