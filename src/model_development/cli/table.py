"""The table of commands. Adding one is one module and one row here."""

from .check import CHECK
from .compare import COMPARE
from .completion import COMPLETION
from .doctor import DOCTOR
from .evaluate import EVALUATE
from .explain import EXPLAIN
from .monitor import MONITOR
from .new import NEW
from .package import PACKAGE
from .promote import PROMOTE
from .run import RUN
from .serve import SERVE
from .status import STATUS
from .train import TRAIN
from .tune import TUNE
from .validate import VALIDATE
from .workflow import WORKFLOW

COMMANDS = {
    command.name: command
    for command in (
        NEW,
        CHECK,
        TRAIN,
        COMPARE,
        TUNE,
        EVALUATE,
        EXPLAIN,
        VALIDATE,
        PROMOTE,
        PACKAGE,
        SERVE,
        MONITOR,
        WORKFLOW,
        RUN,
        STATUS,
        DOCTOR,
        COMPLETION,
    )
}
