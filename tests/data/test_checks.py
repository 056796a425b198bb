"""Every check, on a clean table with a planted fault, and on one with a near miss of it."""

import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development.data.checks import leakage
from model_development.data.checks.formulas import _exact_sum
from model_development.data.checks.leakage import is_linear_in
from model_development.data.checks.rows import likely_groups
from model_development.data.checks.table import CHECKS
from model_development.data.columns.recognition import infer_schema
from model_development.data.intake import take_in
from model_development.errors import DataError
from model_development.settings.context import read_context

N = 400
RNG = np.random.default_rng(7)


def clean_table(kind="binary"):
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "amount": rng.gamma(2.0, 500.0, N).round(2),
            "rate": rng.normal(4.0, 1.0, N).round(3),
            "age": rng.integers(18, 90, N),
            "town": rng.choice(["Bern", "Basel", "Genf"], N),
        }
    )
    signal = table["amount"] / 1000 + (table["town"] == "Bern") + rng.normal(0, 0.5, N)
    table["outcome"] = {
        "binary": np.where(signal > signal.median(), "bad", "good"),
        "multiclass": pd.qcut(signal, 3, labels=["low", "mid", "top"]).astype(str),
        "regression": (signal * 100 + 500).round(2),
    }[kind]
    return table


def flip(values, share, other):
    """Replace a share of the values."""
    chosen = RNG.random(len(values)) < share
    return np.where(chosen, other, values)


def beside_another(kind, noise):
    """A table with a column that says the target only where it is seen beside the age."""
    rng, n = np.random.default_rng(5), 2000
    age, x = rng.normal(size=n), rng.normal(size=(n, 3))
    score = x[:, 0] + 0.7 * x[:, 1] + rng.normal(size=n)
    y = score if kind == "regression" else (score > 0.5).astype(float)
    leak = 2 * y / y.std() + 2 * age + rng.normal(size=n) * noise
    labels = y if kind == "regression" else np.where(y == 1, "yes", "no")
    return pd.DataFrame(x, columns=list("abc")).assign(age=age, leak=leak, outcome=labels)


def sorted_days(n=N):
    return pd.Series(pd.date_range("2025-01-01", periods=n, freq="D")).astype(str)


def copies(table, share):
    """The table with some of its rows once more, each under a number of its own."""
    more = table.sample(round(share * len(table)), random_state=0)
    return pd.concat([table, more], ignore_index=True).assign(number=lambda t: np.arange(len(t)))


def rows_of_things(table, n_each):
    """A name for every few rows, and two columns that belong to the name."""
    thing = np.arange(N) // n_each
    owned = {"height": RNG.normal(170, 10, N)[thing].round(1), "born": RNG.integers(1950, 2000, N)[thing]}
    return table.assign(who=[f"w{t}" for t in thing], **owned)


binary, regression, multiclass = (clean_table(kind) for kind in ("binary", "regression", "multiclass"))
is_bad = (binary["outcome"] == "bad").to_numpy()
price = regression["outcome"]
part = np.where(np.arange(N) < 320, "train", np.where(np.arange(N) < 360, "validation", "test"))
by_column = {"split": "column", "split_column": "part"}
days = sorted_days()
grade = multiclass["outcome"].map({"low": "C", "mid": "B", "top": "A"})


def case(what, fault, near_miss, settings=None, settings_of_miss=None):
    """A table with the fault and one with the near miss of it; the same settings unless said."""
    settings = settings or {}
    return what, fault, near_miss, settings, settings if settings_of_miss is None else settings_of_miss


# name of the check -> cases
FAULTS = {
    "target_copy": [
        case(
            "the target under another name",
            regression.assign(copy=price),
            regression.assign(copy=price + RNG.normal(0, 30, N)),
        ),
        case(
            "the target in another unit",
            regression.assign(cents=price * 100 + 3),
            regression.assign(cents=price**2 + RNG.normal(0, 9e4, N)),
        ),
        case(
            "classes under other names",
            multiclass.assign(grade=grade),
            multiclass.assign(grade=flip(grade, 0.2, "A")),
        ),
        case("the class as a flag", binary.assign(flag=is_bad), binary.assign(flag=flip(is_bad, 0.2, False))),
    ],
    "target_determined": [
        case(
            "a category each of whose levels has one class",
            binary.assign(office=np.where(is_bad, "x", "y") + pd.Series(np.arange(N) % 9).astype(str)),
            binary.assign(office=pd.Series(np.arange(N) % 18).astype(str) + "o"),
        ),
        case(
            "a code each of whose levels has one price",
            regression.assign(
                outcome=price.round(-2),
                code=price.round(-2).astype(int) // 100 * 37 % 101 * 10 + np.arange(N) % 3,
            ),
            regression.assign(code=price.round(-2).astype(int)),
        ),
        case(
            "the same with holes",
            binary.assign(office=pd.Series(np.where(is_bad, "x", "y")).mask(RNG.random(N) < 0.1)),
            binary.assign(
                office=pd.Series(flip(np.where(is_bad, "x", "y"), 0.2, "x")).mask(RNG.random(N) < 0.1)
            ),
        ),
    ],
    "target_formula": [
        case(
            "a share in percent, rounded",
            regression.assign(
                outcome=(
                    100 * (won := RNG.integers(1, 60, N)) / (played := won + RNG.integers(1, 90, N))
                ).round(1),
                won=won,
                played=played,
            ),
            regression.assign(
                outcome=(100 * won / played + RNG.normal(0, 5, N)).round(1), won=won, played=played
            ),
        ),
        case(
            "a weighted mean of two",
            regression.assign(mid=(mid := RNG.normal(60, 10, N)), final=(price - 0.4 * mid) / 0.6),
            regression.assign(mid=mid, final=(price - 0.4 * mid) / 0.6 + RNG.normal(0, 30, N)),
        ),
        case(
            "the time between two dates",
            regression.assign(
                start=(
                    start := pd.Series(
                        pd.Timestamp("2025-01-01") + pd.to_timedelta(RNG.integers(0, 10**7, N), "s")
                    )
                ).astype(str),
                end=(start + pd.to_timedelta(price.round(), "s")).astype(str),
                outcome=price.round(),
            ),
            regression.assign(
                start=start.astype(str),
                end=(start + pd.to_timedelta(price + RNG.normal(0, 30, N), "s")).astype(str),
            ),
        ),
        case(
            "two parts of a sum",
            regression.assign(a=(a := RNG.gamma(2, 100, N)), b=price - a),
            regression.assign(a=a, b=price - a + RNG.normal(0, 20, N)),
        ),
        case(
            "a difference",
            regression.assign(high=price + a, low=a),
            regression.assign(high=price + a, low=flip(a, 0.1, 0)),
        ),
        case(
            "a product",
            regression.assign(each=price / (q := RNG.integers(2, 9, N)), pieces=q),
            regression.assign(each=price / q, pieces=flip(q, 0.1, 1)),
        ),
        case(
            "a ratio",
            regression.assign(total=price * q, pieces=q),
            regression.assign(total=price * q, pieces=flip(q, 0.1, 1)),
        ),
        case(
            "two parts of a sum, with holes",
            regression.assign(a=pd.Series(a).mask(RNG.random(N) < 0.2), b=price - a),
            regression.assign(a=a, b=price - a * 1.2 + RNG.normal(0, 20, N)),
        ),
        case(
            "three parts of a sum",
            regression.assign(a=a, b=(b := RNG.gamma(2, 50, N)), c=price - a - 2 * b),
            regression.assign(a=a, b=b, c=price - a - 2 * b + RNG.normal(0, 20, N)),
        ),
    ],
    "single_feature": [
        case(
            "the target with hardly any noise",
            regression.assign(later=price + RNG.normal(0, 1, N)),
            regression.assign(later=price + RNG.normal(0, 60, N)),
        ),
        case(
            "a threshold gives the class",
            binary.assign(score=is_bad * 10 + RNG.normal(0, 1.5, N)),
            binary.assign(score=is_bad + RNG.normal(0, 1.5, N)),
        ),
        case(
            "missing in one class only",
            binary.assign(closed=np.where(is_bad, RNG.normal(0, 1, N), np.nan)),
            binary.assign(closed=np.where(flip(is_bad, 0.2, True), RNG.normal(0, 1, N), np.nan)),
        ),
    ],
    "rows_in_two_parts": [
        case(
            "copies of rows but for a number",
            copies(binary, 0.3),
            copies(binary.assign(amount=binary["amount"] + 0), 0.0),
        ),
        case(
            "copies of rows, text as identifier",
            copies(binary, 0.3).assign(number=lambda t: [f"n{i}" for i in t.index]),
            binary.assign(number=[f"n{i}" for i in range(N)]),
        ),
    ],
    "conflicting_labels": [
        case(
            "the same row with another class",
            pd.concat(
                [
                    binary,
                    binary.head(40).assign(
                        outcome=lambda t: t["outcome"].map({"bad": "good", "good": "bad"})
                    ),
                ],
                ignore_index=True,
            ),
            pd.concat([binary, binary.head(40)], ignore_index=True),
            {"accept": ["rows_in_two_parts"]},
        ),
    ],
    "groups_in_two_parts": [
        case(
            "a group in training and test",
            binary.assign(part=part, who=np.arange(N) % 50),
            binary.assign(part=part, who=np.arange(N) // 8),
            by_column | {"group_column": "who"},
        ),
        case(
            "a random split of groups",
            binary.assign(who=np.arange(N) // 8),
            binary.assign(who=np.arange(N) // 8),
            {"group_column": "who"},
            {"group_column": "who", "split": "group"},
        ),
    ],
    "likely_groups": [
        case(
            "a name with several rows",
            binary.assign(patient_id=np.arange(N) // 8),
            binary.assign(patients=RNG.integers(0, 8, N)),
        ),
        case(
            "a name to which other columns belong",
            rows_of_things(binary, 8),
            rows_of_things(binary, 1).drop(columns="who"),
        ),
    ],
    "unseen_classes": [
        case(
            "a class of the last rows only",
            binary.assign(part=part, outcome=np.where(np.arange(N) >= 330, "new", binary["outcome"])),
            binary.assign(part=part, outcome=np.where(np.arange(N) % 9 == 0, "new", binary["outcome"])),
            by_column,
        ),
    ],
    "time_order": [
        case(
            "later rows in training",
            binary.assign(part=part[::-1], day=days),
            binary.assign(part=part, day=days),
            by_column | {"time_column": "day"},
        ),
        case(
            "a random split of dated rows",
            binary.assign(day=days),
            binary.assign(day=days),
            {"time_column": "day"},
            {"time_column": "day", "split": "time"},
        ),
    ],
    "likely_time": [
        case("a column of dates", binary.assign(day=days), binary.assign(day=RNG.integers(1, 31, N))),
        case(
            "year and month",
            binary.assign(year=2020 + np.arange(N) // 99, month=np.arange(N) % 12),
            binary.assign(year=2020 + np.arange(N) // 99),
        ),
    ],
    "missing_target": [
        case(
            "a target that is not known",
            binary.assign(outcome=binary["outcome"].mask(binary.index < 9)),
            binary,
        )
    ],
    "rare_classes": [
        case(
            "a class of three rows",
            binary.assign(outcome=[*["rare"] * 3, *binary["outcome"][3:]]),
            binary.assign(outcome=[*["rare"] * 9, *binary["outcome"][9:]]),
        )
    ],
    "class_imbalance": [
        case(
            "one in forty",
            binary.assign(outcome=np.where(np.arange(N) % 40 == 0, "yes", "no")),
            binary.assign(outcome=np.where(np.arange(N) % 10 == 0, "yes", "no")),
        )
    ],
    "numbers_as_classes": [
        case(
            "a rating from 1 to 5",
            binary.assign(outcome=RNG.integers(1, 6, N)),
            binary.assign(outcome=RNG.integers(0, 2, N)),
        ),
        case(
            "a rating that the settings call classes",
            binary.assign(outcome=RNG.integers(1, 6, N)),
            binary.assign(outcome=RNG.integers(1, 6, N)),
            {},
            {"problem_type": "multiclass"},
        ),
    ],
    "heavy_tails": [
        case(
            "a few enormous values",
            regression.assign(outcome=np.exp(RNG.normal(0, 2, N))),
            regression.assign(outcome=RNG.exponential(1, N)),
        )
    ],
    "identifier": [
        case(
            "a row number", binary.assign(nr=np.arange(N)), binary.assign(points=RNG.permutation(10**6)[:N])
        ),
        case(
            "large identifiers",
            binary.assign(customer_id=np.cumsum(RNG.integers(1, 10**6, N))),
            binary.assign(salary=RNG.permutation(10**6)[:N]),
        ),
    ],
    "says_nothing": [
        case("one value", binary.assign(same="x"), binary.assign(same=["x"] * 390 + ["y"] * 10)),
        case(
            "nearly empty",
            binary.assign(hole=[1.0, 2.0] + [None] * 398),
            binary.assign(hole=[1.0, 2.0] * 15 + [None] * 370),
        ),
        case(
            "a text for each row",
            binary.assign(name=[f"person {i}" for i in range(N)]),
            binary.assign(name=[f"person {i // 3}" for i in range(N)]),
        ),
    ],
    "sudden_gain": [
        case("beside another column", beside_another("binary", 0.1), beside_another("binary", 1.5)),
        case("a number beside another", beside_another("regression", 0.1), beside_another("regression", 1.5)),
    ],
    "infinite_values": [
        case(
            "a division by zero",
            binary.assign(odd=flip(binary["rate"], 0.1, np.inf)),
            binary.assign(odd=flip(binary["rate"], 0.1, 1e30)),
        )
    ],
    "unreadable_values": [
        case(
            "words among numbers",
            binary.assign(rate=flip(binary["rate"].astype(str), 0.02, "broken")),
            binary.assign(rate=flip(binary["rate"].astype(str), 0.02, "?")),
        ),
        case(
            "a day that does not exist",
            binary.assign(day=flip(days, 0.02, "2025-02-31")),
            binary.assign(day=flip(days, 0.02, "")),
        ),
    ],
    "doubtful_reading": [
        case(
            "thousands or decimals",
            binary.assign(miles=[f"{i % 99 + 1},{i % 900 + 100}" for i in range(N)]),
            binary.assign(miles=[f"{i % 99 + 1},{i % 90 + 10}" for i in range(N)]),
        ),
        case(
            "day or month",
            binary.assign(seen=[f"{i % 12 + 1:02d}/{i // 12 % 12 + 1:02d}/2024" for i in range(N)]),
            binary.assign(seen=[f"{i % 28 + 1:02d}/{i // 28 % 12 + 1:02d}/2024" for i in range(N)]),
        ),
        case(
            "two spellings of a label",
            binary.assign(outcome=np.where(np.arange(N) % 3 == 0, "Bad", binary["outcome"])),
            binary.assign(outcome=np.where(np.arange(N) % 3 == 0, "worse", binary["outcome"])),
        ),
    ],
    "many_levels": [
        case(
            "a hundred levels",
            binary.assign(shop=[f"s{i % 100}" for i in range(N)]),
            binary.assign(shop=[f"s{i % 20}" for i in range(N)]),
        )
    ],
    "repeated_names": [
        case(
            "two columns of one name",
            binary.assign(again=binary["age"] * 2).rename(columns={"again": "age"}),
            binary.assign(again=binary["age"] * 2),
        )
    ],
}
CASES = {f"{check}: {one[0]}": (check, *one[1:]) for check, cases in FAULTS.items() for one in cases}


def findings(folder, table, settings):
    settings = {"cv_folds": 3} | settings
    return take_in(read_context(write_project(folder, table=table, settings=settings))).findings


@pytest.mark.whole
@pytest.mark.parametrize("name", CASES)
def test_a_planted_fault_is_found(name, tmp_path):
    check, fault, _, settings, _ = CASES[name]
    found = [f for f in findings(tmp_path, fault, settings) if f.check == check]
    assert found
    assert all(f.evidence and (f.advice or f.severity == "info") for f in found)


@pytest.mark.whole
@pytest.mark.parametrize("name", CASES)
def test_its_near_miss_is_not(name, tmp_path):
    check, _, near_miss, _, settings = CASES[name]
    assert [str(f) for f in findings(tmp_path, near_miss, settings) if f.check == check] == []


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_the_column_that_makes_a_model_nearly_perfect_is_named(kind, tmp_path):
    found = findings(tmp_path, beside_another(kind, 0.1), {})
    assert [f.severity for f in found if "leak" in f.columns] == ["warning"]
    (leak,) = [f for f in found if "leak" in f.columns]
    assert "With it a small forest takes away 9" in leak.evidence
    assert not any({"a", "b", "c"} & set(f.columns) for f in found)


def test_every_check_has_a_planted_fault():
    assert set(FAULTS) == set(CHECKS) - {"changed_table"}  # needs two runs: test_intake.py
    assert len(CASES) >= 25


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_clean_table_has_no_finding(kind, tmp_path):
    assert [str(f) for f in findings(tmp_path, clean_table(kind), {})] == []


def daily(n=1000):
    walk = np.cumsum(np.random.default_rng(0).normal(size=n)) * 10
    dates = pd.date_range("2020-01-01", periods=n, freq="D").astype(str)
    return pd.DataFrame(
        {"date": dates, "lag": np.roll(walk, 1), "noise": RNG.normal(size=n), "outcome": walk}
    )


def patients():
    who = np.repeat(np.arange(120), 6)
    income = RNG.integers(1000, 9000, 120)[who]
    ill = np.where(RNG.random(120) < 0.4, "yes", "no")[who]
    return pd.DataFrame({"who": who, "income": income, "visit": RNG.normal(size=720), "outcome": ill})


def bundled(name):
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(as_frame=True).frame.rename(columns={"target": "outcome"})


def few_values(n=600):
    income = RNG.normal(3000, 600, n).round(-1)
    return pd.DataFrame(
        {"income": income, "sex": RNG.integers(0, 2, n), "outcome": RNG.choice(["a", "b"], n)}
    )


HONEST = {
    "iris": (bundled("iris"), {}),
    "wine": (bundled("wine"), {}),
    "breast cancer": (bundled("breast_cancer"), {}),
    "diabetes": (bundled("diabetes"), {}),
    "digits": (bundled("digits"), {}),
    "a time series with its last value": (daily(), {"split": "time", "time_column": "date"}),
    "patients whose label never changes": (patients(), {"split": "group", "group_column": "who"}),
    "few columns of few values": (few_values(), {}),
    "one hundred columns": (binary.join(pd.DataFrame(RNG.normal(size=(N, 100))).add_prefix("x")), {}),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_table_has_no_error(name, tmp_path):
    table, settings = HONEST[name]
    assert [str(f) for f in findings(tmp_path, table, settings) if f.severity == "error"] == []


@pytest.mark.whole
def test_copies_under_new_numbers_are_named_as_copies_and_blame_no_feature(tmp_path):
    """A number of its own for every row must not hide that everything else repeats."""
    table = copies(binary, 0.4).assign(loaded=lambda t: pd.date_range("2026-01-01", periods=len(t), freq="h"))
    table["loaded"] = table["loaded"].astype(str)
    table["part"] = np.resize(["train", "validation", "test"], len(table))
    for settings, severities in (({"drop_columns": ["part"]}, ["info"]), (by_column, ["error", "info"])):
        found = findings(tmp_path, table, settings)
        assert [f.severity for f in found if f.check == "rows_in_two_parts"] == severities
        assert {f.check for f in found if f.severity == "error"} <= {"rows_in_two_parts"}


def test_a_fold_of_one_class_is_an_error(tmp_path):
    table = binary.assign(day=days, outcome=np.where(np.arange(N) > 250, binary["outcome"], "good"))
    with pytest.raises(DataError, match="Fold 1 of 3 would be fitted on rows of class 'good' alone"):
        findings(tmp_path, table, {"split": "time", "time_column": "day"})


def test_the_few_rows_that_mostly_tell_are_measured_by_the_spread_of_all():
    target = np.random.default_rng(0).normal(0, 100, 20_000)
    target[1] = 1e6  # not among the few
    assert is_linear_in(target.round(), target)
    assert not is_linear_in(target + np.random.default_rng(1).normal(0, 50, 20_000), target)


@pytest.mark.whole
@pytest.mark.parametrize("n_values", [126, 127, 128, 129, 255, 256])
def test_any_number_of_different_values_is_counted_rightly(n_values, tmp_path):
    """Codes are kept small; the largest one is followed by no negative one."""
    rng, n = np.random.default_rng(0), 12 * n_values
    codes = np.resize(np.arange(n_values), n)
    words = [f"w{code}" for code in codes]
    table = pd.DataFrame(
        {"word": words, "number": rng.permutation(codes), "copy": codes, "x": rng.normal(size=n)}
    )
    table["outcome"] = rng.choice(["a", "b"], n)
    table.loc[::9, "word"] = None
    assert [f for f in findings(tmp_path / "honest", table, {}) if f.severity == "error"] == []
    table["outcome"] = np.where(codes == n_values - 1, "b", "a")  # the last value alone is of its class
    found = {(f.check, f.severity) for f in findings(tmp_path / "told", table, {}) if "copy" in f.columns}
    assert found & {("single_feature", "error"), ("target_determined", "error")}


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_of_a_wide_table_leaks_are_found_and_columns_that_say_nothing_cost_no_tree(
    kind, tmp_path, monkeypatch
):
    """2,500 columns of 480 rows took 45 s: three trees a column, and a median a pair of them."""
    table, rng, looked_at = clean_table(kind), np.random.default_rng(1), []
    target = table["outcome"] if kind == "regression" else (table["outcome"] == "bad").astype(float)
    noise = pd.DataFrame(rng.normal(size=(N, 600)), columns=[f"noise {k}" for k in range(600)])
    part = pd.Series(rng.gamma(2.0, 200.0, N).round(2), name="part")
    leaks = {
        "nearly": target + rng.normal(0, 0.02 * target.std(), N),
        "rest": 3 * target - part,
        "part": part,
    }
    table = pd.concat([noise, table, pd.DataFrame(leaks)], axis=1)
    explained = leakage._explained
    monkeypatch.setattr(leakage, "_explained", lambda *given: looked_at.append(1) or explained(*given))
    context = write_project(
        tmp_path, "binary", table=table, settings={"accept": ["single_feature", "target_formula"]}
    )
    findings = take_in(read_context(context)).findings
    found = {(f.check, f.columns) for f in findings if f.severity != "info"}
    formula = {("target_formula", ("rest", "part"))} if kind == "regression" else set()
    assert found >= {("single_feature", ("nearly",))} | formula
    assert not any(name.startswith("noise") for _, columns in found for name in columns)
    assert len(looked_at) < 20


def test_of_very_many_whole_numbers_likely_groups_are_sought_in_little_time():
    """Each pair of columns was compared on 20,000 rows: a table of 5,000 took most of an hour."""
    rng, n = np.random.default_rng(0), 5000
    thing = rng.integers(0, 500, n)
    X = pd.DataFrame(rng.integers(0, 256, (n, 1200)), columns=[f"p{k}" for k in range(1200)])
    X["thing"], X["size"], X["colour"] = (
        thing,
        rng.integers(0, 40, 500)[thing],
        rng.integers(0, 9, 500)[thing],
    )
    schema = infer_schema(X)
    levels = {column.name: column.codes(X[column.name]) for column in schema.columns}
    numbers = {name: X[name].to_numpy(dtype=float) for name in X}
    given = SimpleNamespace(
        settings=SimpleNamespace(group_column=None), levels=levels, days={}, numbers=numbers, schema=schema
    )
    began = time.perf_counter()
    found = list(likely_groups(given))
    assert time.perf_counter() - began < 20
    assert [finding.columns for finding in found] == [("thing",)]
    assert "size" in found[0].evidence


def test_a_weighted_sum_is_sought_among_many_columns_and_not_among_very_many():
    rng = np.random.default_rng(0)

    def found(n_columns, n_rows):
        numbers = {f"x{k}": rng.normal(size=n_rows) for k in range(n_columns)}
        target = numbers["x1"] + 2 * numbers["x2"] - numbers["x3"]
        return list(_exact_sum(numbers, target, 1e-9))

    assert [finding.columns for finding in found(60, 3000)] == [("x1", "x2", "x3")]
    began = time.perf_counter()
    assert found(3000, 10_000) == []
    assert time.perf_counter() - began < 3
