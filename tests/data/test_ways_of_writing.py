"""The same rows in different ways of writing are the same rows, for the schema and for a fitted model."""

import datetime
import decimal
import time

import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.number_writing import NumberWriting, find_writing, read_number
from model_development.data.columns.recognition import infer_schema
from model_development.data.columns.schema import TableSchema
from model_development.data.reading.sources import load_table
from model_development.pipeline import TabularModel

N = 120
RNG = np.random.default_rng(0)
DAYS = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 600, N), unit="D"))
ZIPS = pd.Series(RNG.choice(["01234", "02139", "10115", "00501"], N))
YES = pd.Series(RNG.random(N) < 0.5)
AMOUNT = pd.Series(np.exp(RNG.normal(8, 1, N)).round(2))
HOURS = pd.Series(pd.to_timedelta(RNG.integers(1, 99, N), unit="h"))
Y = np.where((DAYS > "2024-11-01") ^ (ZIPS == "02139") ^ YES ^ (AMOUNT > 3000), "a", "b")


def swiss(v):
    return f"{v:,.2f}".replace(",", "'")


def german(v):
    return f"{v:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")


WAYS = {
    "date": [
        DAYS.dt.strftime("%d.%m.%Y"),
        DAYS.dt.strftime("%Y-%m-%d"),
        DAYS.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        DAYS.dt.strftime("%d %b %Y"),
        DAYS,
        DAYS.dt.tz_localize("UTC"),
        DAYS.dt.to_period("D"),
        DAYS.dt.date.astype(object),
        DAYS.astype("category"),
        DAYS.astype("date32[pyarrow]"),
        DAYS.astype("datetime64[s]").astype("int64"),
        DAYS.astype("datetime64[ms]").astype("int64").astype(float),
        DAYS.astype("datetime64[ns]").astype("int64").astype(str),
        DAYS.dt.strftime("%Y%m%d").astype(int),
    ],
    "code": [
        ZIPS,
        ZIPS.astype(int),
        ZIPS.astype(float),
        ZIPS.astype(float).astype(str),
        ZIPS.astype("category"),
        ZIPS.astype("string[pyarrow]"),
        ZIPS.str.encode("utf-8"),
    ],
    "flag as text": [
        YES.map({True: "yes", False: "no"}),
        YES,
        YES.astype(int),
        YES.astype(float),
        YES.astype("boolean"),
        YES.astype(object),
        YES.map({True: "Y", False: "N"}),
        YES.map({True: "true", False: "FALSE"}),
        YES.map({True: "1", False: "0"}),
    ],
    "amount": [
        AMOUNT.map("${:,.2f}".format),
        AMOUNT,
        AMOUNT.astype(str),
        AMOUNT.map(swiss),
        AMOUNT.map(german),
        AMOUNT.map(lambda v: decimal.Decimal(str(v))),
        AMOUNT.astype("Float64"),
        AMOUNT.astype("double[pyarrow]"),
    ],
    "german amount": [
        AMOUNT.map(german).add(" EUR"),
        AMOUNT,
        AMOUNT.map("{:.2f}".format),
        AMOUNT.map(german),
    ],
    "duration": [
        HOURS.astype(str),
        HOURS,
        pd.Series(list(HOURS), dtype=object),
        HOURS / pd.Timedelta(days=1),
    ],
}
WAYS["flag"] = [WAYS["flag as text"][1], *WAYS["flag as text"][:1], *WAYS["flag as text"][2:]]
WAYS["moment in seconds"] = [WAYS["date"][10], *WAYS["date"][:10]]
NAMES = {"moment in seconds": "created_at"}


@pytest.mark.whole
@pytest.mark.parametrize("what", WAYS)
def test_every_way_of_writing_gives_the_same_clean_rows(what):
    name, (trained, *others) = NAMES.get(what, "x"), WAYS[what]
    schema = infer_schema(pd.DataFrame({name: trained, "z": AMOUNT}))
    expected = schema.clean(pd.DataFrame({name: trained, "z": AMOUNT}))
    assert not expected.isna().any(axis=None)
    for other in others:
        found = schema.clean(pd.DataFrame({name: other, "z": AMOUNT}))
        pd.testing.assert_frame_equal(found, expected, check_exact=what != "duration")


@pytest.mark.whole
def test_a_fitted_model_says_the_same_of_rows_in_other_ways_of_writing():
    tables = [
        pd.DataFrame({NAMES.get(what, what): ways[position] for what, ways in WAYS.items()})
        for position in range(4)
    ]
    first = tables[0]
    model = TabularModel("lightgbm_baseline").fit(first, Y)
    expected = model.predict_proba(first)
    assert expected.std() > 0
    for other in tables[1:]:
        np.testing.assert_array_equal(model.predict_proba(other), expected)
        one_by_one = np.concatenate([model.predict_proba(other.iloc[[i]]) for i in range(5)])
        np.testing.assert_array_equal(one_by_one, expected[:5])


def test_mixed_ways_in_one_column_are_read_value_by_value():
    schema = infer_schema(pd.DataFrame({"d": DAYS.dt.strftime("%d.%m.%Y")}))
    mixed = [
        "05.03.2024",
        "2024-03-05",
        datetime.date(2024, 3, 5),
        pd.Timestamp("2024-03-05"),
        1709596800,
        None,
    ]
    read = schema.clean(pd.DataFrame({"d": pd.Series(mixed, dtype=object)}))["d@days"]
    assert read.tolist()[:5] == [19787.0] * 5
    assert np.isnan(read.iloc[5])


def test_codes_with_leading_zeros_stay_codes_from_the_file_on(tmp_path):
    path = tmp_path / "t.csv"
    pd.DataFrame({"zip": ZIPS, "n": [*range(N - 1), None], "part": "007"}).to_csv(path, index=False)
    table = load_table(str(path))
    assert table["zip"].tolist() == ZIPS.tolist()
    assert set(table["part"]) == {"007"}
    assert table["n"].dtype == "float64"


def test_decimals_and_dates_that_begin_with_zero_are_no_codes(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('x,d,"z"\n0.5,01.02.2024,0\n0,02.02.2024,0.25\n', encoding="utf-8")
    table = load_table(str(path))
    assert table["x"].tolist() == [0.5, 0.0]
    assert table["z"].tolist() == [0.0, 0.25]


@pytest.mark.parametrize("word", ["?", "None", "NULL", "#N/A", "NA", "-nan", "<NA>", ""])
def test_words_for_missing_are_the_same_in_a_file_and_in_rows(word, tmp_path):
    path = tmp_path / "t.csv"
    pd.DataFrame({"c": ["u", "v"] * 9 + [word], "x": [*range(18), word]}).to_csv(path, index=False)
    table = load_table(str(path))
    schema = infer_schema(table)
    rows = schema.clean(pd.DataFrame({"c": [word, "u"], "x": [word, "3"]}))
    assert schema.clean(table).iloc[-1].isna().all()
    assert rows.isna().to_numpy().tolist() == [[True, True], [False, False]]


NUMBERS = {
    "$1,234.50": 1234.5,
    "1.234,50 EUR": 1234.5,
    "CHF 1'234": 1234.0,
    "CHF 1’234.–": 1234.0,
    "1 234,5": 1234.5,
    "1\u202f234": 1234.0,
    "1\xa0234,5 €": 1234.5,
    "12,5": 12.5,
    "12 %": 12.0,
    "-3.5%": -3.5,
    "12 kg": 12.0,
    "3.5 km/h": 3.5,
    "20 °C": 20.0,
    "(1'234.50)": -1234.5,
    "($12.00)": -12.0,
    "12.5-": -12.5,
    "−$5": -5.0,
    "1,23,456.00": 123456.0,
    "R$ 1.234,5": 1234.5,
    "1.5e3 m": 1500.0,
    "2 days 06:00:00": 2.25,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_common_ways_of_writing_a_number_are_read(text):
    assert read_number(text, find_writing(pd.Series([text]))) == NUMBERS[text]


@pytest.mark.parametrize("text", ["T1", "10:30", "1.3.7", "12,34,5", "20-30", "abc", "(12", "1 2", "$5 kg"])
def test_what_is_no_number_is_not_read_as_one(text):
    assert find_writing(pd.Series([text])) is None


def test_values_of_several_units_are_no_numbers():
    assert find_writing(pd.Series(["12 kg", "500 g"])) is None
    writing = find_writing(pd.Series(["12 kg", "3 kg", "4"]))
    assert read_number("12 lb", writing) is None
    assert read_number("7", writing) == 7.0


@pytest.mark.parametrize(
    ("texts", "value"),
    [(["1,234", "5,678"], 1234.0), (["€1.234", "€5.678"], 1234.0), (["1,234 kg", "999 kg"], 1234.0)],
)
def test_a_number_that_may_be_read_in_two_ways_is_in_doubt(texts, value):
    writing = find_writing(pd.Series(texts))
    assert writing.doubt == texts[0]
    assert read_number(texts[0], writing) == value
    assert f"read as {value:g}; it may mean" in writing.read_doubt()


@pytest.mark.parametrize(
    ("texts", "value"),
    [(["1,234", "5,678.5"], 1234.0), (["1,234", "0,5"], 1.234), (["1.234,0", "1.234"], 1234.0)],
)
def test_other_values_of_the_column_settle_a_doubt(texts, value):
    writing = find_writing(pd.Series(texts))
    assert writing.doubt == ""
    assert read_number(next(t for t in texts if len(t) == 5), writing) == value


@pytest.mark.whole
def test_the_way_of_writing_survives_the_json_form_of_the_schema():
    import json

    schema = infer_schema(pd.DataFrame({what: ways[0] for what, ways in WAYS.items()}))
    assert TableSchema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    by_name = {column.name: column for column in schema.columns}
    assert (by_name["german amount"].decimal, by_name["german amount"].unit) == (",", "EUR")
    assert by_name["code"].code_width == 5
    assert by_name["flag as text"].flags == ("no", "yes")


def test_a_text_of_very_many_blanks_is_no_number_at_once():
    """Shared out among the places of a number in all ways, they would take hours."""
    began = time.perf_counter()
    for text in (f"({' ' * 2000}x", f"1{' ' * 3000}!", f"-{' ' * 2000}EUR", f"1{'1' * 5000}!"):
        assert read_number(text, NumberWriting()) is None
    assert time.perf_counter() - began < 1
    assert read_number("(  1 234.5  kg )", NumberWriting(unit="kg")) == -1234.5
