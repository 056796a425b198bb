"""One other tool on one table, in the environment that `peers.py` made for it; nothing of ours is imported.

    python peer_runner.py TOOL train.csv test.csv TARGET KIND SECONDS SEED predictions.csv

KIND: binary, multiclass or regression. SECONDS count from the start of this program. predictions.csv has one
column per class with its probability, or one column with a number.
"""

import sys
import tempfile
import time

BEGAN = time.monotonic()
LEAST = 5.0  # seconds that a tool is told to have, however long its own import took

import pandas as pd  # noqa: E402  (after the clock)


def autogluon(train, test, target, kind, seconds_left, seed, preset):
    from autogluon.tabular import TabularPredictor

    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "root_mean_squared_error"}[kind]
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(
            label=target, problem_type=kind, eval_metric=metric, path=folder, verbosity=1
        )
        predictor.fit(train, time_limit=seconds_left(), presets=preset)
        if kind == "regression":
            return predictor.predict(test).to_frame("prediction")
        return predictor.predict_proba(test)


def flaml(train, test, target, kind, seconds_left, seed, preset):
    from flaml import AutoML

    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[kind]
    task = "regression" if kind == "regression" else "classification"
    automl = AutoML()
    automl.fit(
        dataframe=train,
        label=target,
        task=task,
        metric=metric,
        time_budget=seconds_left(),
        seed=seed,
        verbose=0,
    )
    return _of_sklearn(automl, test, kind)


def mljar(train, test, target, kind, seconds_left, seed, preset):
    from supervised.automl import AutoML

    metric = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}[kind]
    task = {"binary": "binary_classification", "multiclass": "multiclass_classification"}.get(kind, kind)
    with tempfile.TemporaryDirectory() as folder:
        automl = AutoML(
            results_path=folder,
            mode="Compete",
            total_time_limit=int(seconds_left()),
            eval_metric=metric,
            ml_task=task,
            random_state=seed,
            verbose=0,
        )
        automl.fit(train.drop(columns=target), train[target])
        if kind == "regression":
            return pd.DataFrame({"prediction": automl.predict(test)})
        names = automl.predict_all(test).filter(like="prediction_").columns
        return pd.DataFrame(
            automl.predict_proba(test), columns=[n.removeprefix("prediction_") for n in names]
        )


def _of_sklearn(model, test, kind):
    if kind == "regression":
        return pd.DataFrame({"prediction": model.predict(test)})
    return pd.DataFrame(model.predict_proba(test), columns=model.classes_)


RUNNERS = {
    "autogluon_medium": (autogluon, "medium_quality"),
    "autogluon_good": (autogluon, "good_quality"),
    "flaml": (flaml, None),
    "mljar": (mljar, None),
}


def main():
    tool, train_path, test_path, target, kind, seconds, seed, out = sys.argv[1:]
    train, test = pd.read_csv(train_path), pd.read_csv(test_path)
    run, preset = RUNNERS[tool]

    def seconds_left():
        return max(LEAST, float(seconds) - (time.monotonic() - BEGAN))

    said = run(train, test, target, kind, seconds_left, int(seed), preset)
    said.to_csv(out, index=False)


if __name__ == "__main__":
    main()
