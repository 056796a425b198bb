"""A worker process: takes calls from standard input, answers on standard output, one at a time.

Started as `python -m model_development.execution.worker` by execution/engines.py, with its thread
settings in the environment. It ends when its caller does, whatever it is doing.
"""

import os
import pickle
import queue
import sys
import threading
import traceback


def main():
    answers, calls = _take_over_channels()
    waiting = queue.Queue()
    threading.Thread(target=_read_calls, args=(calls, waiting), daemon=True).start()
    while True:
        function, arguments = waiting.get()
        _send(answers, *_answer(function, arguments, lambda event: _send(answers, "event", event)))


def _take_over_channels():
    """Keep the two pipes for ourselves, so that a library that prints cannot garble an answer."""
    answers, calls = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
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


def _send(answers, kind, payload):
    pickle.dump((kind, payload), answers)
    answers.flush()


def _answer(function, arguments, report):
    from ..errors import SkipModel

    try:
        return "done", function(**arguments, report=report)
    except SkipModel as reason:
        return "skipped", str(reason)
    except Exception as error:
        traceback.print_exc()
        return "failed", f"{type(error).__name__}: {_first_line(error)}"


def _first_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else "no message"


if __name__ == "__main__":
    main()
