"""How often promises of decision thresholds are broken, and what thresholds by cost are worth.

Promises: rows are drawn whose truth is known (normal scores of two classes; probabilities that are right, too
sure or too unsure), a threshold is chosen by the package's own function, and its precision, recall and share
called are worked out for all rows that there could be. A promise of 95 % may be broken in 5 % of the draws.
"naive" takes the lowest threshold at which precision is enough on the rows. "out of fold" fits models as
phase 1 does, promises by their out-of-fold rows and looks at the final model.

Costs: on 20,000 rows, the closed form against the threshold that a search on 2,000 other rows finds.

    python benchmarks/thresholds.py                  # a minute of processor time
    python benchmarks/thresholds.py --repeats 1000   # standard errors of 0.7 points
"""

import argparse

import numpy as np
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from model_development.evaluation.decisions.constraints import prove_threshold
from model_development.evaluation.decisions.costs import RowCosts, cheapest_threshold
from model_development.evaluation.decisions.threshold_counts import BinaryScores, count_at
from model_development.settings.decisions import Costs

DISTANCE = 2.0  # between the classes, in standard deviations of the score
TOO_SURE = (1.0, 3.0, 0.5)  # factor of the log odds
SIZES = (500, 5000)
BY_BASE = {0.5: (0.8, 0.8), 0.1: (0.5, 0.7), 0.02: (0.2, 0.7)}  # {share of positives: (precision, recall)}
MOST_CALLED = 1.2  # times the share of positives


def draw(rng, n, base, too_sure=1.0):
    is_positive = rng.random(n) < base
    score = rng.normal(size=n) + DISTANCE * is_positive
    log_odds = np.log(base / (1 - base)) + DISTANCE * score - DISTANCE**2 / 2
    return BinaryScores(1 / (1 + np.exp(-too_sure * log_odds)), is_positive)


def true_shares(threshold, base, too_sure):
    log_odds = np.log(threshold / (1 - threshold)) / too_sure
    score = (log_odds - np.log(base / (1 - base))) / DISTANCE + DISTANCE / 2
    hits, alarms = base * norm.sf(score - DISTANCE), (1 - base) * norm.sf(score)
    return {"precision": hits / (hits + alarms), "recall": hits / base, "positive_rate": hits + alarms}


def is_broken(promise, shares):
    share = shares[promise.quantity]
    return share > promise.bound if promise.quantity == "positive_rate" else share < promise.bound


def point_estimate(rows, precision):
    counts = count_at(rows, rows.between())
    enough = np.flatnonzero(counts.precision >= precision)
    return counts.thresholds[enough.max()] if len(enough) else 1.0


def promises(rng, base, n, wanted, repeats):
    """(share of draws in which a promise was broken, in which all was promised, that the naive way broke)."""
    broken, kept, naive = [], [], []
    for number in range(repeats):
        too_sure = TOO_SURE[number % len(TOO_SURE)]
        rows = draw(rng, n, base, too_sure)
        proven = prove_threshold(rows, wanted)
        shares = true_shares(proven.threshold, base, too_sure)
        broken.append(any(is_broken(promise, shares) for promise in proven.promises))
        kept.append(proven.is_kept)
        if list(wanted) == ["min_precision"]:
            threshold = min(point_estimate(rows, wanted["min_precision"]), 1 - 1e-12)
            naive.append(true_shares(threshold, base, too_sure)["precision"] < wanted["min_precision"])
    return np.mean(broken), np.mean(kept), np.mean(naive) if naive else np.nan


def out_of_fold(rng, n, wanted, repeats):
    """The same of the final model, where the promise is made on out-of-fold rows of five others."""
    weights, broken, kept = np.r_[1.5, -1.0, 0.7, np.zeros(7)], [], []
    fresh = rng.normal(size=(20_000, 10))
    chance = 1 / (1 + np.exp(1.5 - fresh @ weights))
    for _ in range(repeats):
        X = rng.normal(size=(n, 10))
        y = rng.random(n) < 1 / (1 + np.exp(1.5 - X @ weights))
        model = LogisticRegression()
        scores = cross_val_predict(model, X, y, method="predict_proba")[:, 1]
        proven = prove_threshold(BinaryScores(scores, y), wanted)
        called = model.fit(X, y).predict_proba(fresh)[:, 1] >= proven.threshold
        shares = {
            "precision": chance[called].mean() if called.any() else 1.0,
            "recall": chance[called].sum() / chance.sum(),
            "positive_rate": called.mean(),
        }
        broken.append(any(is_broken(promise, shares) for promise in proven.promises))
        kept.append(proven.is_kept)
    return np.mean(broken), np.mean(kept), np.nan


def costs(rng, base, repeats):
    """Cost per row on 20,000 rows: (closed form, searched on 2,000 others, searched on the 20,000)."""
    asked, found = Costs(false_positive=1.0, false_negative=8.0), []
    for _ in range(repeats):
        few, many = draw(rng, 2000, base), draw(rng, 20_000, base)
        of_few, of_many = (RowCosts.of(asked, rows.n) for rows in (few, many))
        plain = of_many.thresholds()[0]
        chosen = (plain, cheapest_threshold(few, of_few, plain), cheapest_threshold(many, of_many, plain))
        found.append([of_many.of_decisions(many.scores >= t, many.is_positive).mean() for t in chosen])
    return np.mean(found, axis=0)


def wanted_of(base):
    precision, recall = BY_BASE[base]
    rate = min(0.9, MOST_CALLED * base)
    yield {"min_precision": precision}
    yield {"min_recall": recall}
    yield {"max_positive_rate": rate}
    yield {"min_precision": precision, "min_recall": recall}
    yield {"min_recall": recall, "max_positive_rate": 2 * rate if base < 0.5 else rate}
    yield {"min_precision": precision, "max_positive_rate": rate}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=100)
    repeats, rng, rates = parser.parse_args().repeats, np.random.default_rng(0), []
    print(f"{'positives':>9} {'rows':>6} {'broken':>7} {'promised':>8} {'naive':>6}  asked for")
    for base in BY_BASE:
        for n in SIZES:
            for wanted in wanted_of(base):
                row = promises(rng, base, n, wanted, repeats)
                rates.append(row[0])
                naive = "-" if np.isnan(row[2]) else f"{row[2]:.1%}"
                print(f"{base:>9} {n:>6} {row[0]:>7.1%} {row[1]:>8.1%} {naive:>6}  {wanted}")
    print(f"broken: {np.mean(rates):.1%} of all draws, at most {max(rates):.1%} in a row")
    for wanted in ({"min_precision": 0.6}, {"min_recall": 0.7}, {"max_positive_rate": 0.3}):
        row = out_of_fold(rng, 600, wanted, repeats)
        print(f"out of fold {600:>6} {row[0]:>7.1%} {row[1]:>8.1%}         {wanted}")
    for base in BY_BASE:
        plain, searched, best = costs(rng, base, max(10, repeats // 10))
        text = f"closed form {plain:.4f}, searched {searched:.4f}, best {best:.4f}"
        print(f"cost of a row, positives {base}: {text}")


if __name__ == "__main__":
    main()
