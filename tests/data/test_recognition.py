import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.recognition import infer_schema
from model_development.errors import DataError

N = 120
RNG = np.random.default_rng(0)
WORDS = np.array(
    ["the", "late", "payment", "of", "an", "invoice", "was", "disputed", "by", "customer", "twice"]
)


def texts(n_words, n_different=N):
    different = [" ".join(RNG.choice(WORDS, n_words)) + f" {i}" for i in range(n_different)]
    return [different[i % n_different] for i in range(N)]


COLUMNS = {  # what the values are -> the kind that they must be taken for
    "number": RNG.normal(size=N),
    "whole numbers with gaps, each once": RNG.permutation(10**6)[:N],
    "digits as text": [str(i % 7) for i in range(N)],
    "numbers with a few words": [*map(str, RNG.normal(size=N - 5)), *["unknown", "?", "n.a.", "-", "x"]],
    "flag": [i % 2 == 0 for i in range(N)],
    "nullable": pd.array([None if i % 9 == 0 else i % 5 for i in range(N)], dtype="Int64"),
    "category: words": RNG.choice(["a", "b"], N),
    "category: words and numbers": [("a", "1", "2")[i % 3] for i in range(N)],
    "category: digits with leading zeros": [f"0{i % 9}{i % 7}" for i in range(N)],
    "category: zip code": RNG.integers(1000, 9999, N),
    "category: yes and no": pd.Series([True, False, None] * (N // 3), dtype=object),
    "category: thousands of levels": [f"user{i % 100}" for i in range(N)],
    "date: ISO": [f"2026-01-{1 + i % 28:02d}" for i in range(N)],
    "date: ISO with time": [f"2026-01-{1 + i % 28:02d}T10:{i % 60:02d}:00" for i in range(N)],
    "date: day first": [f"{1 + i % 28:02d}.03.2026" for i in range(N)],
    "date: month first": [f"03/{1 + i % 28:02d}/2026" for i in range(N)],
    "date: with gaps and a mistake": [None, "soon", *[f"2026-01-{1 + i % 28:02d}" for i in range(N - 2)]],
    "date: month as a word": [f"{1 + i % 28:02d}-Mar-2026" for i in range(N)],
    "date: two digits for the year": [f"{1 + i % 28:02d}.03.26" for i in range(N)],
    "date: twelve hours": [f"03/{1 + i % 28:02d}/2026 0{1 + i % 9}:30 PM" for i in range(N)],
    "date: month and year": [f"{1 + i % 12:02d}/20{10 + i % 15}" for i in range(N)],
    "date: stamp": pd.date_range("2026-01-01", periods=N, freq="h", tz="Europe/Zurich"),
    "date: period": pd.period_range("2026-01", periods=N, freq="M"),
    "number: duration": pd.to_timedelta(RNG.integers(0, 99, N), "h"),
    "text: sentences": texts(6),
    "text: sentences, some of them twice": texts(6, 100),
    "dropped: Unnamed: 0 of a sample": RNG.permutation(10**6)[:N],
    "dropped: Unnamed: 0 of two tables": np.arange(N) % (N // 2),
    "dropped: index": np.arange(N),
    "dropped: level_0": np.arange(N)[::-1],
    "number: index of prices": RNG.integers(90, 110, N),
    "number: level_1": RNG.integers(0, 4, N),
    "dropped: constant": [7] * N,
    "dropped: empty": [None, "?"] * (N // 2),
    "dropped: nearly empty": [1.0, 2.0] + [np.nan] * (N - 2),
    "dropped: row number": np.arange(N),
    "dropped: row number, shuffled": RNG.permutation(N) + 1000,
    "dropped: customer_id": RNG.permutation(10**6)[:N],
    "dropped: customer_id, some missing": [None, *RNG.permutation(10**6)[: N - 1]],
    "dropped: customer_id, beyond floats": 2**60 + np.arange(N),
    "dropped: customer_id of twenty digits": [str(10**19 + i) for i in range(N)],
    "category: zip code, some missing": [None, None, *RNG.integers(1000, 9999, N - 2)],
    "number: lines of code": RNG.integers(0, 500, N),
    "number: no_of_pages": RNG.permutation(10**6)[:N],
    "category: version": [f"1.{i % 3}.{i % 7}" for i in range(N)],
    "category: time of day": [f"{i % 24:02d}:30" for i in range(N)],
    "number: year": 1950 + np.arange(N) % 70,
    "dropped: name of each row": [f"person {i}" for i in range(N)],
}
ROW_LABELS = ("Unnamed: 0", "index", "level_0", "level_1")
KINDS = {"number", "category", "date", "text", "dropped"}


@pytest.mark.whole
@pytest.mark.parametrize("name", COLUMNS)
def test_each_column_is_recognised(name):
    expected = name.split(":")[0] if name.split(":")[0] in KINDS else "number"
    known = ("customer_id", "zip code", "lines of code", "no_of_pages", "year", *ROW_LABELS)
    column_name = next((word for word in known if word in name), "x")
    table = pd.DataFrame({column_name: COLUMNS[name], "other": RNG.normal(size=N)})
    schema = infer_schema(table)
    assert schema.columns[0].kind == expected
    assert len(schema.clean(table)) == N


@pytest.mark.whole
@pytest.mark.parametrize(("text", "day"), [("03.04.2026", 3), ("04/13/2026", 13)])
def test_dates_in_other_ways_of_writing_read_as_the_column_has_them(text, day):
    days = [f"{1 + i % 28:02d}.04.2026" if "." in text else f"04/{1 + i % 28:02d}/2026" for i in range(N)]
    schema = infer_schema(pd.DataFrame({"d": days}))
    one = schema.clean(pd.DataFrame({"d": [text]}))
    assert one["d@month"].tolist() == [4.0]
    assert one["d@days"].tolist() == [(pd.Timestamp(2026, 4, day) - pd.Timestamp(1970, 1, 1)).days]


def test_the_user_may_say_that_numbers_are_codes():
    table = pd.DataFrame({"branch": np.arange(N) % 9, "row": np.arange(N)})
    assert infer_schema(table, categorical=["branch"]).names("category") == ["branch"]
    assert infer_schema(table).names("category") == []


def test_the_user_may_keep_identifiers():
    table = pd.DataFrame({"x": RNG.normal(size=N), "row": np.arange(N)})
    assert infer_schema(table).names() == ["x"]
    assert infer_schema(table, keep_identifiers=True).names() == ["x", "row"]


def test_the_reason_for_dropping_a_column_is_kept():
    names = pd.DataFrame({"name": [f"person {i}" for i in range(60)], "x": RNG.normal(size=60)})
    (dropped,) = infer_schema(names).dropped
    assert (dropped.name, dropped.reason) == ("name", "every row has its own text")


def test_a_table_without_any_useful_column_is_an_error():
    with pytest.raises(DataError, match="same .holds one value only."):
        infer_schema(pd.DataFrame({"same": [1, 1]}))


CLASHES = [
    {"d@hour": [1.5, 2, 3, 4]},
    {
        "d@hour": list("abca"),
        "d@hour_2": [1, 2, 4, 3],
        "d@days": ["2026-01-01", "2025-01-02", None, "2024-05-05"],
    },
    {
        "d@days": [0.5, 1, 2, 9],
        "d@days_2": [3.5, 1, 2, 9],
        "d@month": list("xyxy"),
        "d@days@days": [1, 2, 3, 5],
    },
]


@pytest.mark.whole
@pytest.mark.parametrize("others", CLASHES)
@pytest.mark.parametrize("model", ["sklearn_logistic_regression", "lightgbm_baseline"])
def test_a_column_may_be_called_like_a_part_of_a_date(others, model, tmp_path):
    from model_development.pipeline import TabularModel
    from model_development.storage.model_folder import load_folder, save_model

    dates = ["2026-01-01", "2026-02-02", "2026-03-03 05:00", None]
    table = pd.concat([pd.DataFrame({"d": dates, **others})] * 10, ignore_index=True)
    schema = infer_schema(table)
    clean = schema.clean(table)
    assert clean.columns.is_unique
    assert clean.shape[1] == len(schema.numeric_names + schema.names("category"))
    for name in schema.names("number"):
        assert clean[name].tolist() == table[name].tolist()
    assert clean[schema.day_name(schema.columns[0])].iloc[0] == 20454
    fitted = TabularModel(model).fit(table, ["no", "yes"] * 20)
    loaded = load_folder(save_model(fitted, tmp_path / "model"))
    assert (loaded.predict_proba(table) == fitted.predict_proba(table)).all()


def test_unreadable_values_among_the_first_do_not_decide_for_the_column():
    """Nine in ten of all values are numbers, or dates, wherever the others stand."""
    prices = pd.Series(["n.a.", "TBD", "-x-"] + [f"${n:,}" for n in range(1000, 1060)] * 2)
    days = pd.date_range("2020-01-01", periods=200, freq="D").strftime("%d/%m/%Y").tolist()
    dates = pd.Series(["00/00/0000", "31/02/2020", *days])
    found = {
        name: infer_schema(values.to_frame(name), keep_identifiers=True).columns[0].kind
        for name, values in (("price", prices), ("day", dates))
    }
    assert found == {"price": "number", "day": "date"}


@pytest.mark.parametrize("n_words", [20, 90])
def test_what_a_column_is_does_not_depend_on_the_order_of_the_rows(n_words):
    """Tables are sorted, by price or by length of a text: the first rows are like each other."""
    prices = pd.Series(["on request"] * n_words + [f"${n:,}" for n in range(1000, 1980)])
    texts = pd.Series(["good"] * 1100 + [f"a sentence of several words, number {n}" for n in range(1400)])
    for values, kind in ((prices, "number"), (texts, "text")):
        for ordered in (values, values[::-1], values.sample(frac=1, random_state=0)):
            frame = ordered.reset_index(drop=True).to_frame("it")
            assert infer_schema(frame, keep_identifiers=True).columns[0].kind == kind
