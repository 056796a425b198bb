"""The steps of measuring a model: read the rows, build it, fit it against the clock, score it.

All of this room runs in worker processes: arguments and results are plain and picklable. The rows travel as
the path of a pickle that the main process wrote, and are read once per worker.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from ..errors import SkipModel
from ..features.steps.in_params import split_params
from ..metrics.own import use_own_metrics
from ..metrics.table import score
from ..models.table import get_model
from ..pipeline import TabularModel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..data.columns.schema import TableSchema
    from ..data.development import DevelopmentData
    from ..tasks.base import Task
    from ..tasks.predictions import Predictions


class PosedTable(Protocol):
    """What a model is built for: DevelopmentData, or rows of an evaluation."""

    @property
    def task(self) -> Task: ...

    @property
    def schema(self) -> TableSchema: ...


T = TypeVar("T")
REPORT_EVERY = 0.5  # seconds
OUT_OF_GPU_MEMORY = (
    "out of memory",
    "resourceexhausted",
    "memoryallocation",
    "allocation failure",
    "alloc_failed",
    "failed to create cublas handle",
)


@lru_cache(maxsize=1)
def read_rows(path: str) -> DevelopmentData:
    """Return the DevelopmentData that the main process pickled for its workers."""
    with open(path, "rb") as file:
        data = pickle.load(file)
    use_own_metrics(data.own_metrics)
    return data


def prepare(
    model_name: str,
    params: Mapping[str, Any],
    data: PosedTable,
    options: dict[str, Any],
    report: Callable[[str], None] | None = None,
    columns: TableSchema | None = None,
) -> TabularModel:
    """Return the unfitted TabularModel; its steps within a fit are reported.

    params : of the estimator, and its feature steps, see features/steps/in_params.py. options : of a
    TabularModel: `seed`, `device`, `n_jobs`. columns : of the table that fitted steps have made, for a model
    that is to fit a matrix of it.

    Raises SkipModel where the framework is missing.
    """
    own, steps = split_params(params)
    how = options | steps
    try:
        predictor = TabularModel(model_name, data.task.family, data.schema, own, **how).prepare()
    except ImportError as error:
        packages = " ".join(get_model(model_name).library.PACKAGES)
        raise SkipModel(f"{error}. Install it: pip install {packages}") from error
    if columns is not None:
        predictor.suit(columns)
    if report and get_model(model_name).stops_early:
        predictor.estimator_.on_step = report
    return predictor


def import_framework(model_name: str, options: dict[str, Any], report: Callable[[str], None]) -> None:
    """Build a model for its imports alone, while there is no work for it yet."""
    spec = get_model(model_name)
    with suppress(ImportError):  # said when the model is to be trained
        spec.build(spec.tasks[0], **options, **spec.baseline)


def library_parameters(model_name: str, options: dict[str, Any], report: Callable[[str], None]) -> list[str]:
    """Names of the parameters of a model's estimator, but for those that its module sets itself."""
    spec = get_model(model_name)

    def build(**params):
        return spec.build(spec.tasks[0], **options, **{**spec.baseline, **params})

    def is_free(name, value):
        try:
            build(**{name: value})
        except TypeError:  # given twice
            return False
        return True

    return sorted(name for name, value in build().get_params().items() if is_free(name, value))


def runs_on_gpu(model_name: str, options: dict[str, Any], report: Callable[[str], None]) -> bool:
    """Fit a handful of rows and say whether that was done on the GPU."""
    rng = np.random.default_rng(0)
    spec, X = get_model(model_name), rng.normal(size=(64, 4))
    early_stopping_rows = [np.arange(8)] if spec.stops_early else []
    estimator = spec.build(spec.tasks[0], **options, **spec.baseline)
    with quiet():
        estimator.fit(X, (X[:, 0] > 0).astype(int), *early_stopping_rows)
    return spec.ran_on_gpu(estimator)


def on_cpu_if_full(work: Callable[[dict[str, Any]], T], options: dict[str, Any]) -> tuple[T, str]:
    """Return (work(options), note); the note says so where the memory of the GPU was too small for it."""
    try:
        return work(options), ""
    except Exception as error:
        if options["device"] == "cpu" or not out_of_gpu_memory(error):
            raise
    return work(options | {"device": "cpu"}), "the memory of the GPU was too small: trained on the CPU"


def out_of_gpu_memory(error: Exception) -> bool:
    """Each framework has a class of its own for it; a card that is nearly full refuses its handles, too."""
    text = f"{type(error).__name__} {error}".lower()
    return any(words in text for words in OUT_OF_GPU_MEMORY)


def steps_of(name: str, report: Callable[[str], None]) -> Callable[[str], None]:
    """Report steps within a fit, a few in a second at most."""
    last = 0.0

    def say(step):
        nonlocal last
        if monotonic() - last >= REPORT_EVERY:
            last = monotonic()
            report(f"{name}, {step}")

    return say


def fit_rows_of(predictor: TabularModel, data: DevelopmentData, rows: np.ndarray) -> float:
    """Fit on these training rows; return the seconds."""
    early_stopping_rows = (
        data.early_stopping_rows(rows, predictor.seed)
        if get_model(predictor.model_name).stops_early
        else None
    )
    X, y = data.X_train.iloc[rows], data.y_train[rows]
    return timed(partial(predictor.fit, X, y, early_stopping_rows=early_stopping_rows))


def timed(fit: Callable[[], Any]) -> float:
    """Seconds of `fit` alone; scoring and saving come after."""
    with quiet():
        started = perf_counter()
        fit()
        return perf_counter() - started


def score_matrix(
    predictor: TabularModel, matrix: np.ndarray, y: ArrayLike, task: Task
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return (values, reasons) of every metric on rows that `to_matrix` made a matrix of."""
    with quiet():
        return score(task.encode(y), predicted(predictor, matrix, task), task.family)


def predicted(predictor: TabularModel, matrix: np.ndarray, task: Task) -> Predictions:
    """Return the Predictions for rows that `to_matrix` made a matrix of."""
    outputs = _finite(predictor.predict_matrix(matrix))
    return task.predictions(outputs, predictor.classes_ if task.has_classes else None)


def _finite(outputs):
    if not np.isfinite(outputs).all():
        raise ValueError("the model predicts values that are not finite")
    return outputs


@contextmanager
def quiet() -> Iterator[None]:
    """Libraries warn about convergence and the like once per fold; the scores tell the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
