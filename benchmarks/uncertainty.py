"""How often the statistics err: coverage of the 95 % intervals, and false alarms of the tests.

Each row is a simulation whose truth is known: data drawn anew, fast stand-ins for models (ridge on 0 and 1,
and guesses), and the package's own functions. Coverage should be 95 %, false alarms 5 % or fewer; the last
column is the standard error of the measured rate.

    python benchmarks/uncertainty.py                    # a minute or two
    python benchmarks/uncertainty.py --repeats 2000     # standard errors of half a point
"""

import argparse

import numpy as np

from model_development.metrics.table import METRICS, constant_predictions
from model_development.statistics.resampling import bootstrap_intervals
from model_development.statistics.selection import best_of_many
from model_development.statistics.uncertainty import SURE, corrected_t_test, fold_intervals, holm, one_sided
from model_development.tasks.predictions import Predictions

N_FOLDS = 5
SHARE = 1 / (N_FOLDS - 1)
LIKE = {
    "classification": Predictions(np.zeros(1, int), np.full((1, 2), 0.5), 1),
    "regression": Predictions(np.zeros(1)),
}


def outcome_of(metric, values):
    """Predictions of numbers, or of probabilities of the positive class."""
    if metric.family == "regression":
        return Predictions(values)
    p = np.clip(values, 0.001, 0.999)
    return Predictions((p > 0.5).astype(int), np.column_stack([1 - p, p]), 1)


def scored(metric, truth, outcome):
    return float(metric.resampled(truth, outcome, np.ones((1, len(truth))))[0])


def sample(metric, rng, n, share=0.5):
    """(truth, what a fixed model says) of n rows."""
    signal = rng.normal(size=n)
    noisy = signal + rng.normal(size=n)
    if metric.family == "regression":
        return noisy, outcome_of(metric, 0.8 * signal)
    truth = (noisy > np.sqrt(2) * NORMAL[share]).astype(int)
    return truth, outcome_of(metric, 1 / (1 + np.exp(-2.5 * (signal - NORMAL[share]))))


NORMAL = {0.5: 0.0, 0.2: 0.8416, 0.1: 1.2816}  # above which this share of a normal distribution lies


def coverage(name, n_rows, share, repeats, rng):
    """How often the interval of the mean over folds of so many rows each holds the truth."""
    metric, hits = METRICS[name], 0
    truth = np.mean([scored(metric, *sample(metric, rng, n_rows, share)) for _ in range(20_000)])
    for repeat in range(repeats):
        folds = [(*sample(metric, rng, n_rows, share), None) for _ in range(N_FOLDS)]
        low, high = bootstrap_intervals(folds, metric.family, repeat, only=metric)[name]
        hits += low <= truth <= high
    return hits / repeats


def coverage_of_folds(name, n_rows, repeats, rng):
    """The same for the intervals of combinations, of which there are the scores of the folds alone."""
    metric, hits = METRICS[name], 0
    truth = np.mean([scored(metric, *sample(metric, rng, n_rows)) for _ in range(20_000)])
    for _ in range(repeats):
        rows = [[scored(metric, *sample(metric, rng, n_rows)) for _ in range(N_FOLDS)]]
        ((low, high),) = fold_intervals(rows, SHARE, metric, n_rows)
        hits += low <= truth <= high
    return hits / repeats


def ridge_scores(
    metric, rng, n_models, n_rows=300, n_common=4, n_own=4, strength=0.7, share=0.5, first_is_plain=False
):
    """Scores over folds of ridge models that share columns with a signal, each with columns of noise beside.

    They are equal: none of the columns that differ says anything; first_is_plain : the first one has none of
    its own. Folds are stratified. Shape
    (n_models, N_FOLDS); and those of the best constant, shape (N_FOLDS,).
    """
    X = rng.normal(size=(n_rows, n_common))
    y = X.sum(axis=1) * strength / 2 + rng.normal(size=n_rows)
    if metric.family == "classification":
        y = (y > np.quantile(y, 1 - share)).astype(int)
    own = rng.normal(size=(n_models, n_rows, n_own))
    own[: int(first_is_plain)] = 0.0
    shared = np.broadcast_to(np.column_stack([np.ones(n_rows), X]), (n_models, n_rows, n_common + 1))
    columns, fold = np.concatenate([shared, own], axis=2), np.empty(n_rows, dtype=int)
    fold[np.argsort(y, kind="stable")] = np.arange(n_rows) % N_FOLDS  # of each stratum its share
    scores, constants = np.empty((n_models, N_FOLDS)), np.empty(N_FOLDS)
    for k in range(N_FOLDS):
        known, left = columns[:, fold != k], columns[:, fold == k]
        turned = known.transpose(0, 2, 1)
        weights = np.linalg.solve(turned @ known + np.eye(known.shape[2]), (turned @ y[fold != k])[..., None])
        said = (left @ weights)[..., 0]
        if metric.is_stepwise and share < 0.5:  # they would never say yes: let them guess as often as it is
            said = (rng.random(said.shape) < share).astype(float)
        truth = y[fold == k]
        scores[:, k] = [scored(metric, truth, outcome_of(metric, values)) for values in said]
        best = constant_predictions(metric, y[fold != k], len(truth), LIKE[metric.family])
        constants[k] = scored(metric, truth, best)
    return scores, constants


def resolution_of(metric, scores, n_rows=300):
    return metric.resolution(np.ravel(scores), n_rows / N_FOLDS)


def equal_models(name, repeats, rng):
    """How often one of two equal models is found better or worse."""
    metric, alarms = METRICS[name], 0
    for _ in range(repeats):
        scores, _ = ridge_scores(metric, rng, 2)
        alarms += corrected_t_test(*scores, SHARE, resolution_of(metric, scores))[2] < SURE
    return alarms / repeats


def noise_beats_dummy(name, share, n_rows, repeats, rng):
    """How often the best of three models of pure noise is found better than the best constant."""
    metric, alarms = METRICS[name], 0
    for _ in range(repeats):
        scores, constants = ridge_scores(metric, rng, 3, n_rows, strength=0.0, share=share)
        resolution = resolution_of(metric, [*scores, constants], n_rows)
        tests = [corrected_t_test(row, constants, SHARE, resolution) for row in scores]
        p = holm([one_sided(mean, p, metric.greater_is_better) for mean, _, p in tests])
        best = np.argmax(scores.mean(axis=1) * (1 if metric.greater_is_better else -1))
        alarms += p[best] < SURE
    return alarms / repeats


def tuned_is_better(name, n_combinations, repeats, rng):
    """How often the best of equal combinations takes the place of an equal baseline."""
    metric, alarms = METRICS[name], 0
    for _ in range(repeats):
        scores, _ = ridge_scores(metric, rng, n_combinations + 1)
        resolution = resolution_of(metric, scores)
        found = best_of_many(scores[1:], scores[0], SHARE, resolution, metric.greater_is_better)
        alarms += found.p < SURE
    return alarms / repeats


def step_is_kept(name, n_steps, repeats, rng):
    """How often one of several feature steps is kept, each of which adds columns of noise."""
    metric, alarms = METRICS[name], 0
    for _ in range(repeats):
        without, *tried = ridge_scores(metric, rng, n_steps + 1, first_is_plain=True)[0]
        tests = [
            corrected_t_test(row, without, SHARE, resolution_of(metric, [row, without])) for row in tried
        ]
        p = [n_steps * one_sided(mean, p, metric.greater_is_better) for mean, _, p in tests]
        alarms += min(p) < SURE
    return alarms / repeats


def simulations():
    """(what, function, its arguments, the rate that it should have)."""
    for name in ("f1_score", "roc_auc", "accuracy", "rmse", "r2_score"):
        for n in (40, 200):
            yield f"interval holds the truth: {name}, folds of {n}", coverage, (name, n, 0.5), 0.95
    yield "interval holds the truth: f1_score of 20 %, folds of 200", coverage, ("f1_score", 200, 0.2), 0.95
    for name in ("f1_score", "rmse"):
        yield f"interval of a combination: {name}, folds of 100", coverage_of_folds, (name, 100), 0.95
    for name in ("f1_score", "roc_auc", "accuracy", "rmse", "r2_score"):
        yield f"equal models differ: {name}", equal_models, (name,), SURE
    for share, n in ((0.02, 2000), (0.1, 600), (0.5, 300)):
        text = f"noise beats the dummy: f1_score, class of {share:.0%}"
        yield text, noise_beats_dummy, ("f1_score", share, n), SURE
    for name in ("roc_auc", "accuracy", "rmse"):
        yield f"noise beats the dummy: {name}", noise_beats_dummy, (name, 0.5, 300), SURE
    for name in ("accuracy", "rmse"):
        for n in (5, 50):
            yield f"tuned is better: {name}, {n} equal combinations", tuned_is_better, (name, n), SURE
    for name in ("accuracy", "rmse"):
        for n in (1, 10):
            yield f"a feature step is kept: {name}, {n} of noise", step_is_kept, (name, n), SURE


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=300, help="of each simulation (default: 300)")
    parser.add_argument("--only", default="", help="part of the names of the simulations to run")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"{'simulation':62s} nominal  measured  standard error")
    for number, (what, simulate, arguments, nominal) in enumerate(simulations()):
        if options.only not in what:
            continue
        rate = simulate(*arguments, options.repeats, np.random.default_rng([options.seed, number]))
        error = np.sqrt(max(rate * (1 - rate), nominal * (1 - nominal)) / options.repeats)
        print(f"{what:62s} {nominal:6.1%}  {rate:7.1%}  {error:9.1%}", flush=True)


if __name__ == "__main__":
    main()
