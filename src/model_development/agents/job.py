"""The process of a job: runs one command and leaves how it ended, whoever may have asked for it.

    python -m model_development.agents.job FOLDER WORD ...

It is in a session of its own, so that it outlives the server.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from ..storage.files import to_json, write_text
from .run_command import command_line, read_answer

RESULT = "result.json"
LOG = "log.txt"


def main(folder: Path, words: list[str]) -> int:
    """Run the command; write RESULT when it has ended. Returns its exit code."""
    signal.signal(signal.SIGINT, lambda *_: None)  # the command gets it as well, and says what it kept
    with open(folder / LOG, "w", encoding="utf-8") as log:
        done = subprocess.run(
            command_line(words), stdout=subprocess.PIPE, stderr=log, text=True, stdin=subprocess.DEVNULL
        )
    said = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    write_text(folder / RESULT, to_json(read_answer(done.stdout, done.returncode, said)))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
