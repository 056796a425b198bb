"""Two threads of a worker must not be slower than one."""

import os
import subprocess
import sys

import pytest

from model_development.execution.hardware import worker_environment

FIT = """
import sys, time
import lightgbm as lgb, numpy as np
rng = np.random.default_rng(0)
rows = lgb.Dataset(rng.standard_normal((5000, 10)), rng.standard_normal(5000))
began = time.perf_counter()
lgb.train({"num_leaves": 100, "num_threads": int(sys.argv[1]), "verbose": -1}, rows, num_boost_round=100)
print(time.perf_counter() - began)
"""


def seconds(threads):
    environment = dict(os.environ) | worker_environment(threads, "cpu")
    command = [sys.executable, "-c", FIT, str(threads)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


@pytest.mark.whole
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core")
def test_threads_do_not_sleep_between_small_parallel_regions():
    """A purely passive wait policy made it ten times slower."""
    assert min(seconds(2) for _ in range(3)) < 3 * seconds(1)
