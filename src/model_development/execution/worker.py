"""A worker process: takes calls from standard input, answers on standard output, one at a time.

Started as `python -m model_development.execution.worker` by execution/process.py, with its thread
settings in the environment. It ends when its caller does, whatever it is doing.
"""

import io
import os
import pickle
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NoTime, SkipModel
from .protocol import Cause, Outcome


def main() -> None:
    answers, calls = _take_over_channels()
    waiting = queue.Queue()
    threading.Thread(target=_read_calls, args=(calls, waiting), daemon=True).start()
    while True:
        function, arguments = waiting.get()
        _send(answers, answer(function, arguments, lambda event: _send(answers, event)))


def _take_over_channels():
    """Keep the two pipes for ourselves, so that a library that prints cannot garble an answer."""
    answers, calls = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a library prints shall not stop it
    sys.stdin = open(os.devnull)  # noqa: SIM115  (lives as long as the process)
    return answers, calls


def _read_calls(calls, waiting):
    try:
        while True:
            waiting.put(pickle.load(calls))
    except EOFError:
        os._exit(0)  # the caller has gone: nobody waits for an answer
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _send(answers, message):
    """Send an event, which may be anything, or the Outcome of a call."""
    pickle.dump(message, answers)
    answers.flush()


def answer(
    function: Callable[..., Any], arguments: Mapping[str, Any], report: Callable[[Any], None]
) -> Outcome:
    """Call a function and return its Outcome, whatever it raises."""
    try:
        return Outcome(function(**arguments, report=report))
    except NoTime as reason:
        return Outcome(cause=Cause.OUT_OF_TIME, reason=str(reason))
    except SkipModel as reason:
        return Outcome(cause=Cause.CANNOT_RUN, reason=str(reason))
    except Exception as error:
        traceback.print_exc()
        return Outcome(cause=Cause.RAISED, reason=f"{type(error).__name__}: {_first_line(error)}")


def _first_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else "no message"


if __name__ == "__main__":
    main()
