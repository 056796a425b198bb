"""The first call of the notebook. It imports little, so that what takes long begins at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..execution.process import get_ready
from ..reports.notebook import listen

if TYPE_CHECKING:
    from ..settings.parameters import EvaluationParameters, TrainingParameters


def read_parameters(namespace: Mapping[str, Any]) -> TrainingParameters:
    """Check the parameters of the running notebook; its first call: `read_parameters(globals())`.

    From here on its outputs are kept, for the copy that goes to the artifacts, and what its workers will
    need is being imported in a process beside it.

    Raises SettingsError that names every unknown or ill-typed parameter, and lists the known, and
    UnknownModelError for a model that is none.
    """
    get_ready()
    listen()
    from ..models.table import get_model
    from ..settings.parameters import TrainingParameters, parse_parameters  # which take a second of their own

    parameters = parse_parameters(namespace, TrainingParameters)
    for name in parameters.models or ():
        get_model(name)
    return parameters


def read_evaluation_parameters(namespace: Mapping[str, Any]) -> EvaluationParameters:
    """As `read_parameters`, for model_evaluation.ipynb."""
    get_ready()
    listen()
    from ..settings.parameters import EvaluationParameters, parse_parameters

    return parse_parameters(namespace, EvaluationParameters)
