"""Every model as a package that stands alone: served from an environment made of its own requirements.

Fits each model of the table, of classes and of numbers, and an ensemble on a small table of numbers, flags,
categories, dates and missing values, the ensembles with sentences too, and writes the package. For each set
of requirements an environment is made with uv, or with venv and pip where that is not there, and deleted
afterwards. The package is copied into an empty folder, its service started there without any environment
variables but HOST, PORT and OMP_NUM_THREADS=1, which the Dockerfile has too, and asked 200 rows, among them
some with unseen categories, extreme numbers and missing values. Its answers are compared with those of
`load_model`, and the package's own tests are run. CPU is that of the service's process: it says the same on
a busy machine. The exit code is 1 where answers differ or tests fail.

    python benchmarks/packages.py
    python benchmarks/packages.py --models xgboost_baseline ensemble_greedy --installer /path/to/uv
"""

import argparse
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from row_plan import fitted
from serving import cpu, free_port, is_ready, memory

TARGET, EPOCHS, N_ASKED, WARM_UP = "outcome", 3, 200, 20
CLOSE = 1e-6  # networks compute in single precision, and one row sums otherwise than many
LABELS = ((False, True), (1, 2, 3), ("bad", "gut", "très bien"))
MEMBERS = {
    "classification": ("sklearn_logistic_regression", "xgboost_baseline", "lightgbm_baseline"),
    "regression": ("sklearn_ridge", "sklearn_random_forest", "catboost_baseline"),
}
WIDTHS = {"model": 44, "package": 8, "environment": 11, "ready": 7, "row": 7, "memory": 7, "equal": 15}


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
        words = np.array(
            [
                "quick",
                "slow",
                "late",
                "early",
                "good",
                "bad",
                "order",
                "parcel",
                "came",
                "never",
                "always",
                "twice",
            ]
        )
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


@contextmanager
def environment(requirements, installer):
    """An environment of these requirements; yields its Python and its MB."""
    with tempfile.TemporaryDirectory(prefix="environment_") as folder:
        python = Path(folder) / "bin" / "python"
        if installer:
            commands = [
                [installer, "venv", "--quiet", "--python", sys.executable, "--clear", folder],
                [installer, "pip", "install", "--quiet", "--python", python, "-r", requirements],
            ]
        else:
            venv.create(folder, with_pip=True, clear=True)
            commands = [[python, "-m", "pip", "install", "--quiet", "-r", requirements]]
        for command in commands:
            subprocess.run([str(part) for part in command], check=True)
        yield python, megabytes(folder)


def megabytes(folder):
    return (
        sum(os.lstat(Path(place, name)).st_size for place, _, names in os.walk(folder) for name in names)
        / 1e6
    )


@contextmanager
def service(package, python):
    """The service of a package without environment; yields its process and its port."""
    port = free_port()
    variables = {"HOST": "127.0.0.1", "PORT": str(port), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [str(python), "-B", "api/app.py"],
            cwd=package,
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            while not is_ready(port, "/ready"):
                if process.poll() is not None:
                    errors.seek(0)
                    raise RuntimeError(f"the service ended: {errors.read()[-2000:]}")
                time.sleep(0.05)
            yield psutil.Process(process.pid), port
        finally:
            process.terminate()
            process.wait(60)


def ask(port, rows):
    """The service's answers to single rows, over one connection."""
    connection, answers = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    for row in rows:
        connection.request("POST", "/predict", json.dumps(row), {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = json.loads(response.read())
        if response.status != 200:
            raise RuntimeError(f"{response.status} {content['detail']} for {row}")
        answers.append(content)
    connection.close()
    return answers


def compared(case, answers):
    """ "yes", with the largest difference that there is, or "NO"."""
    names = [str(label) for label in case.classes]
    said = [[one["probabilities"][n] for n in names] if names else one["prediction"] for one in answers]
    scale = 1 if names else np.maximum(1, np.abs(case.outputs))
    largest = float(np.max(np.abs(np.array(said) - case.outputs) / scale))
    same = not names or [one["prediction"] for one in answers] == case.labels
    if not same or not largest <= CLOSE:
        return f"NO, {largest:.2g}" if same else "NO, other labels"
    return "yes, to the bit" if largest == 0 else f"yes, to {largest:.0e}"


def own_tests(package, python):
    """(how many passed, did all?)"""
    command = [str(python), "-B", "-m", "unittest", "discover", "-s", "tests"]
    done = subprocess.run(command, cwd=package, env={}, capture_output=True, text=True)
    ran = int((re.search(r"Ran (\d+) test", done.stderr) or [0, 0])[1])
    bad = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", done.stderr)))
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
    return ran - bad, done.returncode == 0 and ran > 0


def measure(case, python, size):
    """Print one row of the table; return whether all is well."""
    with tempfile.TemporaryDirectory(prefix="empty_") as empty:
        package = Path(shutil.copytree(case.package, Path(empty) / "package"))
        with service(package, python) as (process, port):
            ready = cpu(process)
            ask(port, case.rows[:WARM_UP])
            before = cpu(process)
            answers = ask(port, case.rows)
            row, held = (cpu(process) - before) / len(answers) * 1000, memory(process) / 1e6
        n_passed, all_passed = own_tests(package, python)
    equal = compared(case, answers)
    sizes = f"{megabytes(case.package):.1f}", f"{size:.0f}"
    print_row(case.name, *sizes, f"{ready:.2f}", f"{row:.2f}", f"{held:.0f}", equal, str(n_passed))
    return all_passed and equal.startswith("yes")


def print_row(*cells):
    widths = [*WIDTHS.values(), 0]
    print("  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="*", help="all of the table and ensemble_greedy, if not given")
    parser.add_argument("--installer", default=shutil.which("uv"), help="path of uv; '' for venv and pip")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="packages_") as place:
        groups = defaultdict(list)
        for number, case in enumerate(chosen(options.models)):
            folder = Path(place) / str(number)
            folder.mkdir()
            written = write_case(*case, folder)
            groups[(written.package / "requirements.txt").read_text("utf-8")].append(written)
        print_row("", "MB of", "MB of", "s CPU", "ms CPU", "MB of", "", "own tests")
        print_row("model", "package", "environment", "ready", "one row", "memory", "equal", "passed")
        fine = []
        for cases in groups.values():
            with environment(cases[0].package / "requirements.txt", options.installer) as (python, size):
                fine += [measure(case, python, size) for case in cases]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
