"""The table from a framework to the code of its models; without a row here they have no notebook."""

from collections.abc import Callable

from . import (
    catboost_code,
    lightgbm_code,
    pytorch_code,
    sklearn_code,
    statsmodels_code,
    tensorflow_code,
    xgboost_code,
)
from .cells import Step
from .fits import Fit

FRAMEWORKS: dict[str, Callable[[Fit], list[Step]]] = {
    "sklearn": sklearn_code.steps,
    "xgboost": xgboost_code.steps,
    "lightgbm": lightgbm_code.steps,
    "catboost": catboost_code.steps,
    "statsmodels": statsmodels_code.steps,
    "pytorch": pytorch_code.steps,
    "tensorflow": tensorflow_code.steps,
}
