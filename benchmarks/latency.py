"""Time of a prediction through loaded models: one raw row, and a thousand.

Takes the models that phase 1 has saved for a context, each in a process of its own with one thread, and
prints the median of repeats after a warm-up.

    python benchmarks/latency.py --context adult/pipeline_context.json
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def milliseconds(model, rows, repeats):
    call = getattr(model, "predict_proba", None) or model.predict
    times = []
    for _ in range(repeats + 3):
        started = time.perf_counter()
        call(rows)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[3:])


def measure(folder, table):
    """Print the medians of one model; runs in a process of its own."""
    from model_development.data.reading.sources import load_table
    from model_development.model_utils import load_model

    rows, model = load_table(str(table)).head(1000), load_model(folder)
    one, thousand = milliseconds(model, rows.head(1), 50), milliseconds(model, rows, 10)
    print(f"{folder.name:30s} {one:10.2f} ms {thousand:10.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--context", type=Path, default=ROOT / "pipeline_context.json")
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--table", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.model:
        measure(arguments.model, arguments.table)
        return
    from model_development.settings.context import read_context
    from model_development.storage.files import EPOCH_FOLDER, MODELS_FOLDER

    context = read_context(arguments.context)
    folders = sorted((context.artifacts_root / EPOCH_FOLDER / MODELS_FOLDER).iterdir())
    print(f"{'model':30s} {'one row':>13s} {'1,000 rows':>13s}")
    for folder in folders:
        command = [sys.executable, __file__, "--model", folder, "--table", context.feature_data]
        subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


if __name__ == "__main__":
    main()
