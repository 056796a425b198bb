"""LightGBM as code: its own interface, as the models are trained with it."""

from __future__ import annotations

from ...models.lightgbm_models import NOT_NATIVE
from .calls import changed, laid_out
from .cells import Step, listed
from .fits import EARLY_STOPPING, Fit

TEXT_OF_TRIAL = (
    "The number of rounds: the loss on the early-stopping rows has not fallen for {patience} rounds after it."
)
DATASET = """
def dataset(X, y«, weights»):
    return lightgbm.Dataset(X, y{weights}, categorical_feature={categorical}, params=params)
"""
TRIAL = """
watched = lightgbm.Dataset(
    X_train[early_stopping_rows], y_train[early_stopping_rows]«, weight=weights[early_stopping_rows]»
)
trial = lightgbm.train(
    params,
    dataset(X_train[rest], y_train[rest]«, weights[rest]»),
    {n_rounds},
    valid_sets=[watched],
    callbacks=[lightgbm.early_stopping({patience}, verbose=False)],
)
n_rounds = trial.best_iteration
print(n_rounds, "rounds")
"""
OUTPUTS = {  # by the number of classes: none, two, more
    0: "outputs = model.predict(X_validation)",
    2: "of_second = model.predict(X_validation)\noutputs = np.column_stack([1.0 - of_second, of_second])",
    3: "outputs = model.predict(X_validation)",
}


def steps(fit: Fit) -> list[Step]:
    """Find the number of rounds, fit the matrix with it, and set `outputs`."""
    model, n_classes = fit.estimator, len(set(fit.y)) if fit.task.has_classes else 0
    fit.imports.add("import lightgbm")
    params = f"params = {laid_out('{', '}', _params(fit))}"
    n_rounds = str(model.estimator.n_estimators)
    found: list[Step] = []
    if model.patience:
        trial = fit.weighed(TRIAL.format(patience=model.patience, n_rounds=n_rounds))
        found = [EARLY_STOPPING, Step(TEXT_OF_TRIAL.format(patience=model.patience), trial)]
        n_rounds = "n_rounds"
    data = fit.weighed("dataset(X_train, y_train«, weights»)")
    train = f"model = lightgbm.train(params, {data}, {n_rounds})"
    return [
        Step("The parameters that are not as the library has them.", params),
        Step("Rows as LightGBM takes them, with the positions of categories.", _dataset(fit)),
        *found,
        Step("All training rows with that number." if model.patience else "The model.", train),
        Step("What it says of the validation rows.", OUTPUTS[min(n_classes, 3)]),
    ]


def _params(fit):
    """The native parameters as items of a dict."""
    estimator = fit.estimator.estimator
    codes = {n: c for n, c in changed(estimator, fit.imports).items() if n not in NOT_NATIVE}
    native = fit.estimator.native_params(fit.y)  # the objective, and what one set of rows for all fits needs
    more = {n: native[n] for n in ("objective", "num_class", "feature_pre_filter") if n in native}
    return [f'"{name}": {code}' for name, code in (codes | {n: repr(v) for n, v in more.items()}).items()]


def _dataset(fit):
    weights, by_class = "", fit.estimator.estimator.get_params()["class_weight"]
    if by_class is not None:
        fit.imports.add("from sklearn.utils.class_weight import compute_sample_weight")
        weights = f", weight=compute_sample_weight({by_class!r}, y)"
    elif fit.class_weight:
        weights = ", weight=weights"
    return fit.weighed(DATASET.format(weights=weights, categorical=listed(fit.estimator.categorical)))
