"""A process without environment, in an empty folder, that takes the model from the package alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ....errors import ArtifactsError
from ..requirements import modules_of_others, pinned_names

OWN = ("model_development", "api")
SECONDS = 300  # that it may take
CODE = """
import json, sys, time
folder, blocked = sys.argv[1], set(json.loads(sys.argv[2]))
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"requirements.txt does not have {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
sys.path[:0] = [folder + "/lib", folder]
started = time.process_time()
import model_development
from model_development.serving.package.opening import open_package
package = open_package(folder)
ready = time.process_time() - started
rows = json.load(open(folder + "/tests/test_data/rows.json", encoding="utf-8"))["rows"]
answers = [package.model.answer(row).to_dict() for row in rows]
together = [answer.to_dict() for answer in package.model.answer_rows(rows)]
explained = package.explain(rows[0]) if package.explain else None
modules = sorted({name.partition(".")[0] for name in sys.modules})
import api.app
print(json.dumps({
    "source": model_development.__file__,
    "seconds": ready,
    "modules": modules,
    "uses_plan": bool(package.model.uses_plan),
    "answers": answers,
    "together": together,
    "explained": explained,
}))
"""


@dataclass(frozen=True)
class FreshProcess:
    """What it said.

    source : file of the `model_development` that it imported. seconds : CPU time until the package was open.
    modules : top modules that this and the answers brought into its memory. uses_plan : is one row answered
    by a row plan? answers, together : of the test data, one by one and at once. explained : of the first one;
    None without.
    """

    source: str
    seconds: float
    modules: tuple[str, ...]
    uses_plan: bool
    answers: tuple[dict[str, Any], ...]
    together: tuple[dict[str, Any], ...]
    explained: dict[str, Any] | None


def ask_fresh_process(folder: Path) -> FreshProcess:
    """Open a package, answer its test data and make its service, in a fresh process.

    Packages that requirements.txt does not have cannot be imported there. Raises ArtifactsError where it
    fails.
    """
    blocked = sorted(modules_of_others(pinned_names(folder)) - {*OWN})
    done = run_isolated(["-c", CODE, str(folder.resolve()), json.dumps(blocked)])
    if done.returncode:
        raise ArtifactsError(f"A fresh process cannot use the package: {done.stderr.strip()[-1000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    lists = {name: tuple(said[name]) for name in ("modules", "answers", "together")}
    return FreshProcess(**said | lists)


def run_isolated(arguments: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python without environment variables, user packages and compiled copies.

    folder : where; an empty one when None.
    """
    with TemporaryDirectory(prefix="package_check_") as empty:
        return subprocess.run(
            [sys.executable, "-I", "-B", *arguments],
            cwd=empty if folder is None else folder,
            env={},
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
