"""The table of commands. Adding one is one module and one row here."""

from .check import CHECK
from .evaluate import EVALUATE
from .package import PACKAGE
from .promote import PROMOTE
from .run import RUN
from .serve import SERVE
from .train import TRAIN
from .tune import TUNE
from .validate import VALIDATE

COMMANDS = {
    command.name: command
    for command in (
        CHECK,
        TRAIN,
        TUNE,
        EVALUATE,
        VALIDATE,
        PROMOTE,
        PACKAGE,
        SERVE,
        RUN,
    )
}
