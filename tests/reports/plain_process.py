"""Run notebooks in a process that cannot import this package; save what they predict.

argv: packages that cannot be imported, with commas; then notebooks. Each runs in its own folder; its table
`predictions` is saved as `<notebook>.parquet`, or why there is none as `<notebook>.error`.
"""

import json
import os
import sys
import traceback
from pathlib import Path


class Blocker:
    """Finds nothing of what is blocked, before any other finder is asked."""

    def __init__(self, blocked):
        self.blocked = set(blocked)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.blocked:
            raise ModuleNotFoundError(f"No module named {name!r} (blocked)", name=name)


def run(path):
    os.chdir(path.parent)
    names = {"__name__": "notebook"}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{path.stem}, {cell['id']}", "exec"), names)
    names["predictions"].to_parquet(path.with_suffix(".parquet"))


def main():
    sys.meta_path.insert(0, Blocker(sys.argv[1].split(",")))
    for path in map(Path, sys.argv[2:]):
        try:
            run(path)
        except Exception:
            path.with_suffix(".error").write_text(traceback.format_exc(), encoding="utf-8")


if __name__ == "__main__":
    main()
