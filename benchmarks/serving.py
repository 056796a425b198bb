"""What a served model costs: CPU of one row, latency, rows a second, start, memory; MLflow's beside it.

A model of 28 mixed columns is fitted, packaged, and served by one worker on loopback; the client is this
process. CPU is that of the server's process and its children, so it says the same on a busy machine;
latency and requests a second do not.

    python benchmarks/serving.py
    python benchmarks/serving.py --model lightgbm_baseline --requests 10000 --without-mlflow
    python benchmarks/serving.py --package DIR
"""

import argparse
import asyncio
import compileall
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from load_client import request_of, run_client

CONNECTIONS = 8
SETTLED_S = 4


def make_rows(n_rows, seed=0):
    """28 columns: 16 numbers, 2 flags, 8 categories, 2 dates; and a binary target."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n_rows, 16)).round(4), columns=[f"number {i}" for i in range(16)])
    table.loc[rng.random(n_rows) < 0.1, "number 3"] = np.nan
    for i in range(2):
        table[f"flag {i}"] = rng.random(n_rows) < 0.3
    for i, n_levels in enumerate((2, 3, 4, 5, 8, 12, 20, 40)):
        table[f"category {i}"] = np.char.add("level ", rng.integers(0, n_levels, n_rows).astype(str))
    for i in range(2):
        days = pd.to_timedelta(rng.integers(0, 2000, n_rows), "D")
        table[f"date {i}"] = (pd.Timestamp("2020-01-01") + days).strftime("%Y-%m-%d")
    score = table["number 0"] + table["number 1"] + table["flag 0"] + (table["category 1"] == "level 1")
    return table, np.where(score + rng.normal(0, 0.5, n_rows) > 0.5, "yes", "no")


def write_model(folder, name):
    """Fit and save the model, and write its package; for MLflow, too."""
    from mlflow.models import Model

    from model_development.monitoring.reference import Reference
    from model_development.pipeline import TabularModel
    from model_development.serving.package.builder import build_package
    from model_development.serving.package.contents import PackageContents
    from model_development.storage.model_folder import save_model
    from model_development.tasks.table import make_task
    from model_development.tracking import flavor

    X, y = make_rows(4000)
    model = TabularModel(name).fit(X, y)
    save_model(model, folder / "model")
    contents = PackageContents(
        model_folder=folder / "model",
        name="benchmark",
        version="1",
        target="outcome",
        reference=Reference.from_rows(X, model.schema_, model.predict_proba(X), model.classes_),
        rows=json.loads(X.head(8).to_json(orient="records")),
    )
    compileall.compile_dir(build_package(contents, folder / "package"), quiet=1)  # as its Dockerfile does
    signature = flavor.make_signature(model.schema_, make_task(pd.Series(y), "outcome"))
    description = Model(signature=signature)
    flavor.save_model(folder / "mlflow", description, data_path=str(folder / "model"), pip_requirements=[])


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def server(command, port, path, **variables):
    """A server that has said that it is ready."""
    programs = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # MLflow calls uvicorn
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PATH": programs} | variables
    process = subprocess.Popen(
        [str(part) for part in command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not is_ready(port, path):
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}")
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def is_ready(port, path):
    import http.client

    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False


def cpu(process):
    """Seconds of a process and its children."""
    parts = [process, *process.children(recursive=True)]
    return sum(sum(part.cpu_times()[:2]) for part in parts)


def memory(process):
    """Bytes of a process and its children."""
    return sum(part.memory_info().rss for part in (process, *process.children(recursive=True)))


def measure_single(process, port, requests):
    """Print CPU, latency and requests a second of single rows."""
    asyncio.run(run_client(port, requests[:200]))
    before = cpu(process)
    seconds = np.array(asyncio.run(run_client(port, requests))) * 1000
    used = (cpu(process) - before) / len(requests) * 1000
    p50, p95 = np.percentile(seconds, [50, 95])
    print(f"  one row: {used:.2f} ms server CPU; latency p50 {p50:.2f} ms, p95 {p95:.2f} ms")
    started = time.perf_counter()
    asyncio.run(run_client(port, requests, CONNECTIONS))
    each = len(requests) / (time.perf_counter() - started)
    print(f"  {CONNECTIONS} connections: {each:,.0f} requests/s")


def measure_batches(process, port, batch, one, n_rows):
    """Print rows a second in batches, and the latency of single rows beside them."""

    async def both():
        batches = asyncio.create_task(run_client(port, [batch] * 3))
        return await run_client(port, [one] * 100_000, until=batches), await batches

    before, started = cpu(process), time.perf_counter()
    asyncio.run(run_client(port, [batch] * 3))
    wall, used = time.perf_counter() - started, cpu(process) - before
    in_all = 3 * n_rows
    print(f"  batches of {n_rows:,}: {in_all / wall:,.0f} rows/s, {in_all / used:,.0f} rows per CPU second")
    singles, _ = asyncio.run(both())
    p50, p95 = np.percentile(np.array(singles) * 1000, [50, 95])
    print(f"  single rows beside batches: p50 {p50:.1f} ms, p95 {p95:.1f} ms ({len(singles)} of them)")


def measure_ours(package, rows, n_requests):
    """The service as the package starts it."""
    port = free_port()
    command = [sys.executable, package / "api" / "app.py"]
    with server(command, port, "/ready", PORT=str(port), WORKERS="1") as process:
        print(f"ours: ready after {cpu(process):.2f} s CPU, {memory(process) / 1e6:.0f} MB")
        time.sleep(SETTLED_S)
        print(f"  what is loaded late too: {cpu(process):.2f} s CPU, {memory(process) / 1e6:.0f} MB")
        requests = [request_of("/predict", row) for row in rows]
        n_batch = 5000
        measure_single(process, port, requests[:2000])
        many = [rows[number % len(rows)] for number in range(n_batch)]
        measure_batches(process, port, request_of("/predict/batch", {"rows": many}), requests[0], n_batch)
        asyncio.run(run_client(port, requests[:1000]))
        before = memory(process)
        asyncio.run(run_client(port, (requests[n % len(requests)] for n in range(n_requests)), CONNECTIONS))
        grown = (memory(process) - before) / 1e6
        print(f"  after {n_requests:,} more requests: {memory(process) / 1e6:.0f} MB, {grown:+.1f} MB")


def measure_mlflow(folder, rows):
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", folder, "--port", port]
    with server([*command, "--env-manager", "local", "--workers", 1], port, "/ping") as process:
        print(f"MLflow: ready after {cpu(process):.2f} s CPU, {memory(process) / 1e6:.0f} MB")
        measure_single(
            process, port, [request_of("/invocations", {"dataframe_records": [r]}) for r in rows[:300]]
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="xgboost_baseline")
    parser.add_argument("--package", type=Path, help="a package; its rows are its own example")
    parser.add_argument("--requests", type=int, default=10_000, help="for memory (default: 10000)")
    parser.add_argument("--without-mlflow", action="store_true")
    options = parser.parse_args()
    if options.package:
        example = json.loads((options.package / "tests" / "test_data" / "rows.json").read_text())["rows"]
        measure_ours(options.package, example * 100, options.requests)
        return
    rows = json.loads(make_rows(2000, seed=1)[0].to_json(orient="records"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_model(folder, options.model)
        measure_ours(folder / "package", rows, options.requests)
        if not options.without_mlflow:
            measure_mlflow(folder / "mlflow", rows)


if __name__ == "__main__":
    main()
