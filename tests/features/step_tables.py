"""A table with columns of every kind, that every step can be applied to."""

import numpy as np
import pandas as pd

from model_development.data.columns.recognition import infer_schema
from model_development.features.steps.feature_steps import FeatureSteps
from model_development.tasks.table import codecs

RATIO = "dépenses / an [CHF]"
INCOME = "in{come}"
SENT, PAID = "sent__on", "paid@days"
WORDS = ["late", "Payment", "of", "an", "INVOICE", "was", "disputed", "by", "the", "customer", "24"]


def step_table(n_rows=160, seed=0):
    """Raw rows with awkward names and missing values, and targets by family."""
    rng = np.random.default_rng(seed)
    spent, income = rng.gamma(2, 50, n_rows), rng.gamma(2, 60, n_rows)
    sent = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.permutation(n_rows * 6)[:n_rows], "h")
    paid = sent + pd.to_timedelta(rng.integers(0, 60, n_rows), "D")
    city = rng.choice(["Bern", "Zürich", "Genève", "?"], n_rows)
    table = pd.DataFrame(
        {
            RATIO: spent,
            INCOME: income,
            "twice": 2 * income + rng.normal(0, 0.01, n_rows),
            "noise": rng.normal(size=n_rows),
            "constant": 1,
            "home town": city,
            "how": rng.choice(["card", "cash", "on account"], n_rows),
            SENT: sent.strftime("%Y-%m-%d %H:%M"),
            PAID: paid.strftime("%Y-%m-%d"),
            "comment": [" ".join(rng.choice(WORDS, rng.integers(4, 9))) + f" {i}" for i in range(n_rows)],
        }
    )
    for name in (INCOME, "home town", PAID, "comment"):
        table.loc[rng.choice(n_rows, n_rows // 10, replace=False), name] = None
    signal = np.log(spent / income) + 0.5 * (city == "Bern") + rng.normal(0, 0.2, n_rows)
    labels = np.where(signal > np.median(signal), "bad", "good").astype(object)
    many = pd.qcut(signal, 7, labels=list("abcdefg")).astype(str).to_numpy(dtype=object)
    return table, {"binary": labels, "multiclass": many, "regression": signal * 100 + 500}


def steps_on(names, table, y, family="classification", **more):
    """(FeatureSteps fitted on raw rows, the table that it gave of them, schema)."""
    schema = infer_schema(table)
    steps = FeatureSteps([names] if isinstance(names, str) else names, family, **more)
    given = steps.fit_transform(schema.clean(table), schema, y=codecs()[family]().for_preprocessor(y))
    return steps, given, schema
