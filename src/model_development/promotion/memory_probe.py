"""A process of its own that loads a model, predicts, and says how much memory it has taken at most."""

import sys
from pathlib import Path


def peak_bytes() -> int:
    """The most memory that this process has held so far."""
    import psutil

    of_windows = getattr(psutil.Process().memory_info(), "peak_wset", None)
    if of_windows is not None:
        return int(of_windows)
    status = Path("/proc/self/status")
    if status.is_file():  # of this program alone; `ru_maxrss` counts what started it, too
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def main(folder: str, rows: str) -> None:
    """Predict the pickled rows that the gate has just written, and print the peak in bytes."""
    import pandas as pd

    from ..storage.model_folder import load_folder

    load_folder(folder).predict(pd.read_pickle(rows))
    print(peak_bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
