"""Wall time of both phases against the budget that was given, each run a process of its own.

    python benchmarks/budget.py --contexts adult/pipeline_context.json letter/pipeline_context.json
    python benchmarks/budget.py --budgets 60 120 300

A row: seconds that the whole program took, its exit code, how many models were trained on all folds and rows,
and what was handed over. The target: at most 5 % or 5 s beyond the budget.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measure(context, budget):
    """Run both phases on a copy of a context; return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        content = json.loads(Path(context).read_text(encoding="utf-8"))
        data = content["epoch_004_outputs"]
        if "://" not in data["feature_data_path"] and not data["feature_data_path"].startswith("sklearn:"):
            data["feature_data_path"] = str((Path(context).parent / data["feature_data_path"]).resolve())
        copy = Path(folder) / "pipeline_context.json"
        copy.write_text(json.dumps(content), encoding="utf-8")
        command = [Path(sys.executable).with_name("model-development"), "run", "--context", copy]
        started = time.monotonic()
        done = subprocess.run([*command, "--budget", str(budget)], capture_output=True, text=True)
        seconds = time.monotonic() - started
        return [content["project"], budget, f"{seconds:.1f}", done.returncode, *_outcome(folder, done)]


def _outcome(folder, done):
    """What came of the run: models, combinations, the best model, what was handed over."""
    if done.returncode:
        return "-", "-", "-", (done.stderr or done.stdout).strip().splitlines()[-1][:80]
    epoch = next(Path(folder).glob("artifacts/epoch005-*"))
    models = json.loads((epoch / "all_models_metrics.json").read_text(encoding="utf-8"))["models"]
    trained = [row for row in models.values() if row["status"] == "ok"]
    summary = json.loads((epoch / "tuning_summary_report.json").read_text(encoding="utf-8"))
    n_whole = sum(row["is_complete"] for row in trained)
    name = "tuned" if summary["improved"] else "baseline"
    return f"{n_whole}/{len(trained)}/{len(models)}", summary["n_trials"], summary["model_name"], name


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--contexts", nargs="+", default=[ROOT / "pipeline_context.json"])
    parser.add_argument("--budgets", nargs="+", type=float, default=[60, 120, 300])
    options = parser.parse_args()
    print(
        "project, budget s, took s, exit code, models complete/trained/all, combinations, best, handed over"
    )
    for context in options.contexts:
        for budget in options.budgets:
            print(*measure(context, budget), sep=", ", flush=True)


if __name__ == "__main__":
    main()
