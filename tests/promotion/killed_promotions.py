"""Run by test_promotion_killed.py: forks processes that promote or roll back and kill themselves on the way.

    python killed_promotions.py CONTEXT ACTION [STEP ...]

Each STEP is a number of lines of the promotion's code after which a process kills itself with SIGKILL;
"count" runs a whole call. After each of them another process opens the registry, as every action does, and
prints a line of JSON: was it killed, what do the aliases say, what does the log say?
"""

import json
import os
import shutil
import signal
import sys
import tempfile

from model_development.cli.main import main

CONTEXT, ACTION = (*sys.argv[1:3], "", "")[:2]  # none where a collector of doctests imports this
MODULES = (
    "/promotion/promote.py",
    "/promotion/promotion_log.py",
    "/promotion/entry.py",
    "/tracking/registry.py",
)
FORCED = ["--force", "--reason", "a test", "--yes"]


def warm_up():
    """Import what a call needs and use it once, on a copy of the store: none is open when processes fork."""
    from model_development.settings.context import read_context
    from model_development.tracking.registry import Registry

    context = read_context(CONTEXT)
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(context.artifacts_root / "mlflow.db", folder)
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{copy}"
        Registry(context.artifacts_root).aliases(context.experiment)
        del os.environ["MLFLOW_TRACKING_URI"]


class Killer:
    """Counts lines of MODULES, and ends the process at one of them. step : None only counts."""

    def __init__(self, step):
        self.step, self.lines = step, 0

    def calls(self, frame, event, argument):
        return self.count if frame.f_code.co_filename.endswith(MODULES) else None

    def count(self, frame, event, argument):
        if event == "line":
            self.lines += 1
            if self.lines == self.step:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.count


def in_a_process(work):
    """(exit status, what it wrote to its pipe) of a forked process that does some work."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 3
        try:
            os.write(writing, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    return os.waitpid(child, 0)[1], json.loads(text) if text else None


def act(step, action):
    killer = Killer(step)
    arguments = [action, "--context", CONTEXT, *(FORCED if action == "promote" else ["--yes"])]
    sys.settrace(killer.calls)
    code = main(["promote", *arguments])
    sys.settrace(None)
    return {"code": code, "lines": killer.lines}


def agreement():
    from model_development.promotion.promote import open_production
    from model_development.settings.context import read_context

    with open_production(read_context(CONTEXT)) as production:
        log = production.log.promotions()
        return {
            "aliases": production.aliases,
            "log": log[-1].aliases if log else (None, None),
            "done": all(one.is_done for one in log),
            "said": production.said,
            "actions": [one.action for one in log],
        }


def tried(step):
    """What became of one call, and what the next one finds."""
    number = None if step == "count" else int(step)
    status, told = in_a_process(lambda: act(number, ACTION))
    after = in_a_process(agreement)[1]
    return {"step": number, "killed": os.WIFSIGNALED(status), "told": told, "after": after}


if __name__ == "__main__":
    warm_up()
    for one in sys.argv[3:]:
        print("RESULT " + json.dumps(tried(one)), flush=True)
