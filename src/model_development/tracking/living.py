"""Who is alive: a process holds a lock for its life, and whoever can take it knows that it has ended.

Clocks are stepped, and numbers of processes and names of machines repeat, in containers above all; a lock
ends with its process, whatever ends that. The files stand where all who share them can see them. Of a process
whose file is not there, on a machine that shares no folder, nothing is known.
"""

import hashlib
import os
import platform
import re
import uuid
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = ".processes"
FILE_NAME = re.compile(r"[0-9a-f]+-[0-9a-f]+\.lock")
_held = {}  # {(process, folder, subject): FileLock}, until the process ends


class Living:
    """The processes that work on one subject, and the lock of this one among them.

    name : of this process: machine and number for people, and the file that tells whether it lives.
    """

    def __init__(self, folder: Path, subject: str) -> None:
        """Begin this process' lock, unless it has one. Call it under a lock that all who do so share.

        folder : which the processes share. subject : text that tells their work from other work there.
        """
        self.folder = folder / FOLDER
        self.prefix = hashlib.sha256(subject.encode()).hexdigest()[:12]
        key = (os.getpid(), self.folder, self.prefix)  # a fork has its parent's locks, and needs its own
        if key not in _held or not Path(_held[key].lock_file).exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{self.prefix}-{uuid.uuid4().hex}.lock"
            _held[key] = FileLock(path, timeout=0, thread_local=False)
            _held[key].acquire()
        self.own_file = Path(_held[key].lock_file).name
        self.name = f"{platform.node()}|{os.getpid()}|{self.own_file}"

    def has_ended(self, name: str) -> bool:
        """Is it certain that the process of this name has ended?"""
        file = name.rpartition("|")[2]
        if file == self.own_file or not FILE_NAME.fullmatch(file) or not (self.folder / file).exists():
            return False
        return self._is_free(self.folder / file)

    def forget_the_dead(self) -> None:
        """Delete the files of processes that have ended, once nothing names them any more."""
        for path in self.folder.glob(f"{self.prefix}-*.lock"):
            if path.name != self.own_file and self._is_free(path):
                with suppress(OSError):  # another process is looking at it
                    path.unlink()

    @staticmethod
    def _is_free(path: Path) -> bool:
        try:
            with FileLock(path, timeout=0):
                return True
        except (Timeout, OSError):
            return False
