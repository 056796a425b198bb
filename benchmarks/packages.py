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
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil
from package_cases import chosen, write_case
from serving import cpu, free_port, is_ready, memory

WARM_UP = 20
COMPILED = "import sys; sys.path.insert(0, '.'); import api.app"  # leaves caches, as an image has them
CLOSE = 1e-6  # networks compute in single precision, and one row sums otherwise than many
WIDTHS = {"model": 44, "package": 8, "environment": 11, "ready": 7, "row": 7, "memory": 7, "equal": 15}


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


def with_environments(cases, installer):
    """Yield (case, its Python, MB of the environment), which serves equal requirements in a row."""
    known, python, size = None, None, 0.0
    with ExitStack() as stack:
        for case in cases:
            requirements = case.package / "requirements.txt"
            if known != (known := requirements.read_text("utf-8")):
                stack.close()
                python, size = stack.enter_context(environment(requirements, installer))
            yield case, python, size


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
    """ "yes", with the largest difference that there is, or "NO".

    Differences of numbers are shares of the number, or of the spread of all where that is larger.
    """
    names = [str(label) for label in case.classes]
    said = [[one["probabilities"][n] for n in names] if names else one["prediction"] for one in answers]
    scale = 1 if names else np.maximum(np.std(case.outputs), np.abs(case.outputs))
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


def tried(case, python, size):
    """Print one row of the table, of a failure its reason; return whether all is well."""
    try:
        return measure(case, python, size)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"{case.name}: FAILED, {error}", flush=True)
        return False


def measure(case, python, size):
    with tempfile.TemporaryDirectory(prefix="empty_") as empty:
        package = Path(shutil.copytree(case.package, Path(empty) / "package"))
        subprocess.run([python, "-c", COMPILED], cwd=package, env={}, check=True)
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
    print_row("", "MB of", "MB of", "s CPU", "ms CPU", "MB of", "", "own tests")
    print_row("model", "package", "environment", "ready", "one row", "memory", "equal", "passed")
    with tempfile.TemporaryDirectory(prefix="packages_") as place:
        cases = (
            write_case(*case, Path(place) / str(number)) for number, case in enumerate(chosen(options.models))
        )
        fine = [tried(*one) for one in with_environments(cases, options.installer)]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
