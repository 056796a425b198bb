"""An ensemble saved and measured on the validation rows, beside the single model that it is to replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..ensembles.blend import Blend
from ..storage.ensemble_folder import save_ensemble
from ..storage.model_folder import folder_size_mb, load_folder
from .measure import INFERENCE_BATCH, time_predictions
from .worker_steps import read_rows, score_matrix

if TYPE_CHECKING:
    from pathlib import Path

ENSEMBLE, SINGLE = "ensemble", "single"


def save_and_measure_ensemble(
    name: str,
    blend: Blend,
    members: Mapping[str, str],
    single: Path | str,
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Save an ensemble to `folder`, and measure it on the validation rows; in a worker.

    name, blend, members : see `save_ensemble`. single : folder of the model that it is to replace.
    Returns `metrics` (costs among them), `reasons`, `inference_batch_size` (rows), and `single_ms`: the
    inference time of the single model, which takes turns with the ensemble.
    """
    save_ensemble(name, blend, members, folder)
    data, model = read_rows(rows_path), load_folder(folder)
    values, reasons = score_matrix(model, model.to_matrix(data.X_validation), data.y_validation, data.task)
    times = time_predictions({ENSEMBLE: str(folder), SINGLE: str(single)}, rows_path, options, report)
    costs = {"inference_time_ms": times[ENSEMBLE], "model_size_mb": folder_size_mb(folder)}
    return {
        "metrics": values | costs,
        "reasons": reasons,
        "inference_batch_size": min(INFERENCE_BATCH, len(data.X_validation)),
        "single_ms": times[SINGLE],
    }
