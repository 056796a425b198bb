"""What a worker uses of the machine while it trains: CPU, memory, and the GPU where it has one."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

EVERY = 1.0  # seconds between two samples
GPU_QUERY_S = 5.0  # seconds; busy machines take their time
N_SHOWN = 500  # samples that are kept of a long training
GPU_QUERY = ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]


class Usage:
    """Samples of this process, taken by a thread of its own.

    `history()` gives {name: [value per sample]}: CPU in percent of one core, memory in MB, and of the first
    GPU its use in percent and its memory in MB. MLflow shows what is called `system/` on a page of its own.
    """

    def __init__(self, device: str) -> None:
        self.with_gpu = device == "cuda"
        self.samples, self._gpu = [], {}
        self._process, self._done = psutil.Process(), threading.Event()
        self._process.cpu_percent()  # the first call only starts the clock
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join(timeout=EVERY)
        self._sample()

    def history(self) -> dict[str, list[float]]:
        step = -(-len(self.samples) // N_SHOWN)
        shown = self.samples[::step]
        return {name: [sample[name] for sample in shown if name in sample] for name in shown[-1]}

    def _run(self):
        while not self._done.wait(EVERY):
            self._sample()

    def _sample(self):
        sample = {
            "system/process_cpu_percentage": self._process.cpu_percent(),
            "system/process_memory_megabytes": self._process.memory_info().rss / 2**20,
        }
        if self.with_gpu:
            self._gpu = _gpu() or self._gpu
        self.samples.append(sample | self._gpu)


@contextmanager
def watch_usage(device: str) -> Iterator[Usage]:
    """Sample while the block runs."""
    usage = Usage(device)
    try:
        yield usage
    finally:
        usage.stop()


def _gpu():
    """What the first GPU says of itself; nothing where it does not answer."""
    try:
        answer = subprocess.run(GPU_QUERY, capture_output=True, text=True, timeout=GPU_QUERY_S, check=True)
        used, memory = answer.stdout.splitlines()[0].split(",")
        return {
            "system/gpu_0_utilization_percentage": float(used),
            "system/gpu_0_memory_usage_megabytes": float(memory),
        }
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return {}
