"""Threads of a worker must not sleep between small parallel regions, which boosting has by the thousand."""

import os
import subprocess
import sys

import pytest

from model_development.execution.hardware import worker_environment

FIT = """
import time
import lightgbm as lgb, numpy as np
rng = np.random.default_rng(0)
rows = lgb.Dataset(rng.standard_normal((5000, 10)), rng.standard_normal(5000))
began = time.perf_counter()
lgb.train({"num_leaves": 100, "num_threads": 2, "verbose": -1}, rows, num_boost_round=100)
print(time.perf_counter() - began)
"""
TRIES = 5  # on a busy machine threads wait for their cores either way


def test_idle_threads_are_passive_after_a_short_spin():
    environment = worker_environment(2, "cpu")
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert 0 < int(environment["GOMP_SPINCOUNT"]) < 300_000  # what libgomp spins where it is not told


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core")
def test_two_threads_take_less_than_half_of_what_passive_ones_take():
    assert any(seconds() < 0.5 * seconds(GOMP_SPINCOUNT="0") for _ in range(TRIES))


def seconds(**changes):
    environment = dict(os.environ) | worker_environment(2, "cpu") | changes
    done = subprocess.run(
        [sys.executable, "-c", FIT], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)
