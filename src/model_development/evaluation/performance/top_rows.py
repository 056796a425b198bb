"""What the first k rows hold, from the highest score: precision, recall and lift, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...statistics.shares import share_interval

SHARES = (0.01, 0.05, 0.10, 0.20)
COUNT = 100  # rows, beside the shares


def top_table(
    is_positive: np.ndarray, scores: np.ndarray, groups: np.ndarray | None, seed: int
) -> pd.DataFrame:
    """Return a row for each k with precision, recall and lift, each with its 95 % interval.

    is_positive, scores : shape (n_rows,). Rows of equal score are in a random order, by the seed; so is
    the value of a cut within them. Intervals are Wilson's, of precision among the k rows and of recall among
    the positive ones, for the score at which the cut is; lift is recall over the share of rows taken.
    """
    n = len(scores)
    mixed = np.random.default_rng(seed).permutation(n)
    order = mixed[np.argsort(-scores[mixed], kind="stable")]
    rows = []
    for name, k in [(f"{share:.0%}".replace("%", " %"), round(share * n)) for share in SHARES] + [
        (f"{COUNT} rows", COUNT)
    ]:
        if 1 <= k < n:
            rows.append({"first": name} | _at(k, order, is_positive, scores, groups))
    return pd.DataFrame(rows)


def _at(k, order, is_positive, scores, groups):
    taken = np.zeros(len(order), dtype=bool)
    taken[order[:k]] = True
    precision = _share(is_positive[taken], None if groups is None else groups[taken])
    recall = _share(taken[is_positive], None if groups is None else groups[is_positive])
    share = k / len(order)
    lift = [None if value is None else value / share for value in recall]
    return {
        "rows": k,
        "score from": float(scores[order[k - 1]]),
        **dict(zip(("precision", "precision low", "precision high"), precision, strict=True)),
        **dict(zip(("recall", "recall low", "recall high"), recall, strict=True)),
        **dict(zip(("lift", "lift low", "lift high"), lift, strict=True)),
    }


def _share(hits, groups):
    return (float(hits.mean()), *(share_interval(hits, groups) or (None, None)))
