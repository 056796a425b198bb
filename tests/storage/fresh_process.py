"""Load saved models in a process that has nothing but their own packages; compare what they predict.

argv: a JSON file with `blocked`, names of packages that cannot be imported; `hidden`, distributions of which
nothing says that they are installed; `cases`, folders that hold a model, `table.csv` and `expected.npy`.
Prints {folder: what is wrong} as JSON; empty when all is well.
"""

import json
import sys
from importlib import metadata
from pathlib import Path


class Blocker:
    """Finds nothing of what is blocked, before any other finder is asked."""

    def __init__(self, blocked):
        self.blocked = set(blocked)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.blocked:
            raise ModuleNotFoundError(f"No module named {name!r} (blocked)", name=name)


def hide(distributions):
    find = metadata.MetadataPathFinder.find_distributions

    def find_others(context):
        return (d for d in find(context) if d.metadata["Name"] not in distributions)

    metadata.MetadataPathFinder.find_distributions = find_others


def outputs(model, table):
    return model.predict_proba(table) if hasattr(model, "predict_proba") else model.predict(table)


def problem(folder):
    import numpy as np
    import pandas as pd

    from model_development.model_utils import load_model

    table, expected = pd.read_csv(folder / "table.csv"), np.load(folder / "expected.npy")
    try:
        model = load_model(folder / "model")
        if not np.array_equal(outputs(model, table), expected):
            return f"predictions differ by {np.abs(outputs(model, table) - expected).max()}"
        return None if len(model.predict(table.head(1))) == 1 else "one row gives no prediction"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main():
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    hide(job["hidden"])
    sys.meta_path.insert(0, Blocker(job["blocked"]))
    problems = {folder: problem(Path(folder)) for folder in job["cases"]}
    print(json.dumps({folder: text for folder, text in problems.items() if text}))


if __name__ == "__main__":
    main()
