"""scikit-learn's estimators as code."""

from __future__ import annotations

from .calls import written_call
from .cells import Step
from .fits import Fit


def steps(fit: Fit) -> list[Step]:
    """Fit the matrix, and set `outputs`."""
    said = "model.predict_proba" if fit.task.has_classes else "model.predict"
    train = fit.weighed("model.fit(X_train, y_train«, sample_weight=weights»)")
    code = f"model = {written_call(fit.estimator, fit.imports)}\n{train}"
    return [
        Step("The model, with all parameters that are not as the library has them.", code),
        Step("What it says of the validation rows.", f"outputs = {said}(X_validation)"),
    ]
