"""The end of a command: everything that waits for it is done, and nothing is taken apart."""

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys, threading, time
from model_development.cli import main

class Framework:
    def __del__(self):
        print("taken apart")

kept = Framework()
atexit.register(lambda: print("done at the end"))
threading.Thread(target=lambda: (time.sleep(0.2), print("a thread came to its end"))).start()
print("said")
sys.argv = ["model-development", *sys.argv[1:]]
main.program()
"""


@pytest.mark.whole
@pytest.mark.parametrize(
    ("arguments", "code"), [(["completion", "bash"], 0), (["check", "--context", "none"], 2)]
)
def test_what_waits_for_the_end_is_done_and_nothing_is_taken_apart(arguments, code):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    said = done.stdout.splitlines()
    assert {"said", "a thread came to its end", "done at the end"} <= set(said)
    assert "taken apart" not in said


@pytest.mark.whole
def test_a_reader_that_goes_away_early_ends_nothing_badly():
    command = f"{sys.executable} -m model_development --help | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout
    assert "Traceback" not in done.stderr
