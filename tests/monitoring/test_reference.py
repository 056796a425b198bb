"""What a reference holds of the training rows, and what it must not hold."""

import json

import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.recognition import infer_schema
from model_development.monitoring.reference import Reference


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    n = 300
    return pd.DataFrame(
        {
            "amount €": np.where(rng.random(n) < 0.1, np.nan, rng.normal(50, 10, n)),
            "is_member": rng.random(n) < 0.3,
            "colour": rng.choice(["red", "green"], n).tolist()[:-3] + ["teal", "teal", "mauve"],
            "since": pd.date_range("2024-01-01", periods=n).strftime("%d.%m.%Y"),
            "note": [f"the customer number {i} said something of length {i % 7}" for i in range(n)],
        }
    )


@pytest.fixture
def reference(rows):
    return Reference.from_rows(rows, infer_schema(rows), np.full((300, 2), 0.5), ["no", "yes"])


@pytest.mark.whole
def test_a_reference_survives_json_and_knows_every_column(rows, reference):
    again = Reference.from_dict(json.loads(json.dumps(reference.to_dict())))
    assert again == reference
    assert [column.name for column in again.columns] == list(rows)
    assert list(again.predictions) == ["no", "yes"]
    for column in again.columns:
        assert column.n == 300
        assert sum(column.counts) + sum((column.levels or {}).values()) + column.n_others == column.n_present


@pytest.mark.whole
def test_rare_values_and_sentences_are_not_in_it(reference):
    text = json.dumps(reference.to_dict())
    assert not any(word in text for word in ("teal", "mauve", "customer"))
    assert reference.column("colour").n_others == 3
    assert reference.column("note").low > 30  # characters


@pytest.mark.whole
def test_dates_are_days_and_flags_have_a_bin_each(reference, rows):
    assert reference.column("since").high - reference.column("since").low == 299
    flags = reference.column("is_member")
    assert sorted((flags.levels or {}).values() or flags.counts) == sorted(rows["is_member"].value_counts())


@pytest.mark.whole
@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("columns"),
        lambda c: c["columns"][0].pop("n"),
        lambda c: c["columns"][0].update(extra=1),
        lambda c: c["columns"][0]["counts"].append(1),
        lambda c: c["columns"][0].update(n=1),
        lambda c: c["columns"][0].update(kind="colour"),
        lambda c: c["columns"][0]["edges"].reverse(),
        lambda c: c["columns"].append(c["columns"][0]),
        lambda c: c.update(columns="none"),
        lambda c: c["columns"][0].update(edges=None),
    ],
)
def test_what_was_changed_by_hand_is_refused(reference, change):
    content = json.loads(json.dumps(reference.to_dict()))
    change(content)
    with pytest.raises(ValueError, match="reference|column"):
        Reference.from_dict(content)
