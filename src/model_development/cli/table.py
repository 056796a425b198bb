"""The table of commands. Adding one is one module and one row here."""

from .check import CHECK
from .compare import COMPARE
from .completion import COMPLETION
from .doctor import DOCTOR
from .evaluate import EVALUATE
from .explain import EXPLAIN
from .run import RUN
from .status import STATUS
from .train import TRAIN
from .tune import TUNE

COMMANDS = {
    command.name: command
    for command in (
        CHECK,
        TRAIN,
        COMPARE,
        TUNE,
        EVALUATE,
        RUN,
        EXPLAIN,
        STATUS,
        DOCTOR,
        COMPLETION,
    )
}
