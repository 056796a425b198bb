"""XGBoost, with its native handling of categories and missing values."""

PACKAGES = ("xgboost", "scikit-learn")

BASELINE = {
    "n_estimators": 300,
    "max_depth": 6,
    "learning_rate": 0.1,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}
SEARCH_SPACE = {
    "n_estimators": [50, 100, 200, 300],
    "max_depth": [3, 5, 7, 10],
    "learning_rate": [0.01, 0.05, 0.1, 0.3],
    "subsample": [0.6, 0.8, 1.0],
    "colsample_bytree": [0.6, 0.8, 1.0],
}


def build(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    """Return an unfitted model; columns whose type is "category" hold codes."""
    return _estimator(task)(
        random_state=seed,
        device=device,
        n_jobs=n_jobs,
        tree_method="hist",
        enable_categorical=True,
        feature_types=["c" if kind == "category" else "q" for kind in feature_types] or None,
        **params,
    )


class FirstRounds:
    """The model of the first `n` rounds of a fitted one."""

    def __init__(self, estimator, n):
        self.estimator, self.rounds = estimator, (0, n)

    def predict(self, X):
        return self.estimator.predict(X, iteration_range=self.rounds)

    def predict_proba(self, X):
        return self.estimator.predict_proba(X, iteration_range=self.rounds)


def save(estimator, folder):
    """Write XGBoost's UBJSON, which carries the whole model."""
    estimator.save_model(folder / "estimator.ubj")


def load(folder, task):
    estimator = _estimator(task)()
    estimator.load_model(folder / "estimator.ubj")
    return estimator


def ran_on_gpu(estimator):
    """Read it from the fitted booster: without a card XGBoost only warns and takes the CPU."""
    import json

    config = json.loads(estimator.get_booster().save_config())
    return config["learner"]["generic_param"]["device"].startswith("cuda")


def _estimator(task):
    from xgboost import XGBClassifier, XGBRegressor

    return XGBRegressor if task == "regression" else XGBClassifier
