"""Steps between clean table and preprocessor: what each makes, and that none sees what it must not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from step_tables import INCOME, PAID, RATIO, SENT, step_table, steps_on

from model_development.data.columns.recognition import infer_schema
from model_development.data.columns.schema import Column, TableSchema
from model_development.ensembles.blend import Blend
from model_development.ensembles.model import EnsembleModel
from model_development.ensembles.table import ENSEMBLES
from model_development.errors import ArtifactsError, SettingsError
from model_development.explanation.model_output import ModelOutput
from model_development.features.steps.number_pairs import NumberPairs
from model_development.features.steps.step import StepInput
from model_development.features.steps.table import STEPS, get_step
from model_development.pipeline import TabularModel
from model_development.storage.model_folder import load_folder, save_model

LINEAR, TREES = "sklearn_logistic_regression", "lightgbm_baseline"
FEW_TREES = {"n_estimators": 8, "num_leaves": 5, "min_child_samples": 5}
FLAGS = ["u", "v"] * 20
NEARLY_CONSTANT = pd.DataFrame(
    {"a": [np.nan] * 39 + [1.0], "b": [1.0] * 39 + [2.0], "c": ["x"] * 39 + ["y"], "d": FLAGS}
)
EXTREME = pd.DataFrame(
    {
        "a": [1e308, -1e308, 0.5, 1e9] * 10,
        "b": [1e-300, 0.0, 1.5, -1.5] * 10,
        "c": ["x", None] * 20,
        "d": FLAGS,
    }
)
NUMBERS = TableSchema((*(Column(n, "number") for n in "ab"), *(Column(n, "category") for n in "cd")))


def model(steps, name=TREES, family="classification", **more):
    params = FEW_TREES if name == TREES else None
    steps = [steps] if isinstance(steps, str) else steps
    return TabularModel(name, family, params=params, seed=0, steps=steps, time_column=SENT, **more)


def made(fitted, step):
    return [row for row in fitted.feature_metadata() if row.step == step]


@pytest.mark.whole
@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "binary") for name in STEPS]
    + [(name, kind) for name in ("ratios", "target_means", "pca") for kind in ("multiclass", "regression")],
)
def test_a_step_gives_the_same_again_and_one_row_as_among_others(name, kind):
    family = "regression" if kind == "regression" else "classification"
    table, targets = step_table()
    steps, given, schema = steps_on(name, table, targets[kind], family, time_column=SENT)
    pd.testing.assert_frame_equal(given, steps_on(name, table, targets[kind], family, time_column=SENT)[1])
    words = schema.names("category") + schema.names("text")
    numbers = given.drop(columns=[word for word in words if word in given])
    assert set(numbers.dtypes.astype(str)) == {"float64"}
    assert not np.isinf(numbers.to_numpy()).any()
    clean = schema.clean(table)
    served = steps.transform(clean)
    assert list(served.columns) == list(given.columns) == [row.name for row in steps.feature_rows()]
    if name != "target_means":  # its fitted rows see means of other rows alone
        pd.testing.assert_frame_equal(served, given)
    if name != "lags":  # it sees the rows that are asked about together
        for position in (0, 7, len(table) - 1):
            alone = steps.transform(clean.iloc[[position]])
            pd.testing.assert_frame_equal(alone, served.iloc[[position]])
    nothing = schema.clean(pd.DataFrame([[None] * table.shape[1]], columns=table.columns))
    assert len(steps.transform(nothing)) == 1


@pytest.mark.whole
@pytest.mark.parametrize("name", STEPS)
def test_models_with_a_step_are_cloned_saved_and_loaded_with_equal_predictions(name, tmp_path):
    table, targets = step_table(120)
    if name != "text_statistics":
        table = table.drop(columns="comment")  # which takes most of the time of a fit
    unseen = table.iloc[:40].sample(frac=1, random_state=0)
    for row, family in ((LINEAR, "classification"), (TREES, "regression")):
        y = targets["multiclass" if family == "classification" else "regression"]
        fitted = model(name, row, family).fit(table[40:], y[40:])
        expected = fitted.predict(unseen)
        loaded = load_folder(save_model(fitted, tmp_path / row))
        np.testing.assert_array_equal(loaded.predict(unseen), expected)
        assert loaded.feature_metadata() == fitted.feature_metadata()
        assert loaded.predict(unseen.iloc[[0]]).shape == (1,)
        assert loaded.predict(unseen.iloc[:0]).shape == (0,)
    again = clone(fitted)
    assert list(again.get_params()["steps"]) == [name]
    np.testing.assert_array_equal(again.fit(table[40:], y[40:]).predict(unseen), expected)


@pytest.mark.whole
def test_what_a_step_is_made_from_is_told_in_raw_columns():
    table, targets = step_table()
    wanted = ["ratios", "date_differences", "category_counts", "text_statistics", "date_parts"]
    fitted = model(wanted).fit(table, targets["binary"])
    ratio = next(row for row in made(fitted, "ratios") if {RATIO, INCOME} == set(row.sources))
    assert ratio.formula in (f"{RATIO} / {INCOME}", f"{INCOME} / {RATIO}")
    assert ratio.missing_share == pytest.approx(table[INCOME].isna().mean())
    [days] = made(fitted, "date_differences")
    assert days.sources == (SENT, PAID)
    counted = {row.sources for row in made(fitted, "category_counts")}
    assert {("home town",), ("how",)} <= counted <= {("home town",), ("how",), ("home town", "how")}
    assert {row.sources for row in made(fitted, "text_statistics")} == {("comment",)}
    assert {row.sources for row in made(fitted, "date_parts")} == {(SENT,), (PAID,)}
    names = [row.name for row in fitted.feature_metadata()]
    assert len(set(names)) == len(names)
    without = TabularModel(LINEAR).fit(table, targets["binary"]).feature_metadata()
    assert {row.step for row in without} == {""}
    assert {source for row in without for source in row.sources} == set(table.columns) - {"constant"}


@pytest.mark.whole
def test_values_of_dates_texts_and_counts_are_right():
    table, targets = step_table()
    _, given, _ = steps_on(["date_parts", "date_differences", "text_statistics"], table, targets["binary"])
    sent, paid = pd.to_datetime(table[SENT]), pd.to_datetime(table[PAID])
    np.testing.assert_array_equal(given[f"{SENT}@day"], sent.dt.day)
    np.testing.assert_array_equal(given[f"{SENT}@weekend"], sent.dt.day_of_week >= 5)
    angle = 2 * np.pi * sent.dt.hour / 24
    np.testing.assert_allclose(given[f"{SENT}@hour_sin"], np.sin(angle), atol=1e-9)
    np.testing.assert_allclose(given[f"{SENT}@hour_cos"], np.cos(angle), atol=1e-9)
    assert f"{PAID}@hour_sin" not in given  # constant: its dates have no hours
    np.testing.assert_allclose(given[f"{PAID} - {SENT}"], (paid - sent) / pd.Timedelta("1D"), atol=1e-9)
    texts = table["comment"]
    np.testing.assert_array_equal(given["comment@words"], texts.str.split().str.len())
    np.testing.assert_allclose(given["comment@capitals"], texts.str.count("[A-Z]") / texts.str.len())
    _, given, _ = steps_on("category_counts", table, targets["binary"])
    counts = table["how"].map(table["how"].value_counts())
    np.testing.assert_allclose(given["count(how)"], np.log1p(counts))


def test_pairs_of_categories_are_counted_where_their_counts_say_more():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.choice(list("abcdef"), 600) for name in ("shop", "item", "colour")})
    often = table["shop"].map(ord) % 3 == table["item"].map(ord) % 3
    table = table[often | (rng.random(600) < 0.2)].reset_index(drop=True)
    table.loc[5, "item"] = None
    sizes = table.fillna("").groupby(["shop", "item"])["colour"].transform("size").to_numpy()
    y = (sizes > np.median(sizes)).astype(int)
    step, given, _ = steps_on("category_counts", table, y)
    np.testing.assert_allclose(given["count(shop, item)"], np.log1p(sizes))
    new = table.iloc[:3].copy()
    new.loc[0, "shop"], new.loc[1, "item"] = "z", "z"
    alone = step.transform(new)
    np.testing.assert_allclose(alone["count(shop, item)"], [0.0, 0.0, np.log1p(sizes[2])])
    assert alone["count(shop)"][0] == 0 < alone["count(item)"][0]


def test_a_ratio_by_zero_and_a_product_out_of_range_are_missing():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=80) * 1e200, "b": rng.normal(size=80) * 1e200})
    table.loc[::4, "b"] = 0.0
    given = StepInput(table, TableSchema((Column("a", "number"), Column("b", "number"))), "classification", 0)
    y = (table["a"] * np.sign(table["b"] + 1.0) > 0).to_numpy().astype(int)
    for operation, missing in (("ratio", table["b"] == 0), ("product", table["b"] != 0)):
        step = NumberPairs(operation)
        step.fit_transform(given, y=y)
        step.pairs_ = [["a", "b"]]
        np.testing.assert_array_equal(np.isnan(step.values(table)[:, 0]), missing)


def test_a_row_never_sees_its_own_target():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"c": [f"level {i}" for i in rng.integers(0, 60, 240)], "x": rng.normal(size=240)})
    y = rng.normal(size=240)
    first = steps_on("target_means", table, y, "regression")[1]["mean(c)"].to_numpy()
    for position in (0, 100, 239):
        other = y.copy()
        other[position] += 1000.0
        changed = steps_on("target_means", table, other, "regression")[1]["mean(c)"].to_numpy()
        assert changed[position] == first[position]
        assert (changed != first).any()
    assert abs(np.corrcoef(first, y)[0, 1]) < 0.3  # in-sample means of 4 rows each would have about 0.5


def test_means_of_many_classes_are_few_columns():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"c": rng.choice(list("abcdef"), 400), "d": rng.choice(list("uvw"), 400)})
    y = rng.choice([f"class {i}" for i in range(26)], 400)
    _, given, _ = steps_on("target_means", table, y)
    assert 10 <= given.shape[1] - 2 <= 15


def test_pairs_of_categories_are_found_where_neither_says_anything():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.choice(["a", "b"], 600) for name in ("c", "d", "e")})
    y = np.where((table["c"] == "a") == (table["d"] == "b"), "yes", "no")
    fitted = TabularModel(LINEAR, steps=["target_means"], seed=0).fit(table[:400], y[:400])
    assert [row.sources for row in made(fitted, "target_means")][0] == ("c", "d")
    assert fitted.score(table[400:], y[400:]) > 0.95
    assert TabularModel(LINEAR, seed=0).fit(table[:400], y[:400]).score(table[400:], y[400:]) < 0.7


@pytest.mark.whole
def test_selection_keeps_what_says_something_and_the_first_of_twins():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(400, 12)), columns=[f"n{i}" for i in range(12)])
    table["c"] = rng.choice(["x", "y", "z"], 400)
    table["twin"] = table["n0"] * 3 + rng.normal(0, 0.01, 400)
    y = table["n0"] + 2 * (table["c"] == "x") + rng.normal(0, 0.1, 400)
    for family, target in (("regression", y), ("classification", np.where(y > y.median(), "a", "b"))):
        kept = set(steps_on("select_by_importance", table, target, family)[1].columns)
        assert "c" in kept
        assert kept & {"n0", "twin"}
        assert len(kept) <= 5
    kept = list(steps_on("select_by_correlation", table, y, "regression")[1].columns)
    assert kept == [name for name in infer_schema(table).clean(table).columns if name != "twin"]
    by_model = set(steps_on("select_by_model", table, y, "regression")[1].columns)
    assert "c" in by_model
    assert by_model & {"n0", "twin"}
    noise = pd.DataFrame(rng.normal(size=(200, 5)), columns=list("abcde"))
    assert 1 <= steps_on("select_by_importance", noise, rng.normal(size=200), "regression")[1].shape[1] <= 3


def test_components_take_the_place_of_numbers_and_keep_their_variance():
    rng = np.random.default_rng(0)
    two = rng.normal(size=(200, 2))
    table = pd.DataFrame(two @ rng.normal(size=(2, 10)), columns=[f"n{i}" for i in range(10)])
    table["c"] = rng.choice(["x", "y"], 200)
    _, given, _ = steps_on("pca", table, two[:, 0], "regression")
    assert list(given.columns) == ["c", "component 1", "component 2"]
    np.testing.assert_allclose(given["component 1"].mean(), 0, atol=1e-9)
    assert abs(np.corrcoef(given["component 1"], given["component 2"])[0, 1]) < 1e-9


@pytest.mark.whole
@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": [1.0, 2.0], "b": [2.0, 1.0], "c": ["x", "y"], "d": ["u", "v"]}),
        NEARLY_CONSTANT,
        EXTREME,
    ],
    ids=["two rows", "nearly constant", "extreme"],
)
def test_tables_with_next_to_nothing_are_borne(table):
    names = [n for n, row in STEPS.items() if row.needs(NUMBERS, None) is None]
    assert len(names) == 8
    y = np.array([0, 1] * (len(table) // 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in [*names, names]:
            names_of = [name] if isinstance(name, str) else name
            fitted = TabularModel(LINEAR, schema=NUMBERS, steps=names_of)
            fitted.fit(table, y)
            assert np.isfinite(fitted.predict_proba(table)).all(), name


@pytest.mark.whole
def test_wrong_steps_are_told_in_a_sentence():
    table, targets = step_table(80)
    with pytest.raises(SettingsError, match="Did you mean 'ratios'"):
        get_step("ratio")
    with pytest.raises(SettingsError, match="'lagz'.*Did you mean 'lags'.*Known: date_parts"):
        model(["lagz"]).prepare(table)
    with pytest.raises(SettingsError, match=r"list of names, such as \['ratios'\]"):
        TabularModel(TREES, steps="ratios").prepare(table)
    with pytest.raises(SettingsError, match="'lags' cannot be applied: it needs a time column"):
        TabularModel(TREES, steps=["lags"]).prepare(table)
    with pytest.raises(SettingsError, match="time column 'home town' is no column of dates or numbers"):
        TabularModel(TREES, steps=["lags"], time_column="home town").prepare(table)
    with pytest.raises(SettingsError, match="group column 'nobody' .* is no column"):
        model("lags", group_column="nobody").prepare(table)
    plain = table[["noise", "how"]]
    with pytest.raises(SettingsError, match="'date_parts' cannot .*; .*'ratios' cannot .* 2 number columns"):
        TabularModel(TREES, steps=["ratios", "date_parts"]).prepare(plain)
    for row in STEPS.values():
        assert row.summary.endswith(".")


@pytest.mark.whole
def test_steps_are_applied_in_the_order_of_the_table_and_each_once():
    table, targets = step_table(80)
    table = table.drop(columns="comment")
    first = model(["select_by_correlation", "ratios", "ratios"]).fit(table, targets["binary"])
    second = model(["ratios", "select_by_correlation"]).fit(table, targets["binary"])
    assert first.feature_metadata() == second.feature_metadata()


@pytest.mark.whole
def test_single_rows_explanations_and_ensembles_say_what_the_model_says(tmp_path):
    table, targets = step_table(120)
    table = table.drop(columns="comment")
    y, raw = targets["binary"], table.iloc[:4]
    fitted = model(["ratios", "target_means"]).fit(table, y)
    answers = fitted.row_answers()
    assert answers.plan is None
    rows = raw.astype(object).where(raw.notna(), None).to_dict("records")
    said = [list(fitted.predict_one(row)["probabilities"].values()) for row in rows]
    np.testing.assert_allclose(said, fitted.predict_proba(raw))
    output = ModelOutput(fitted, positive="bad")
    own = np.tile(np.arange(4)[:, None], (1, len(output.columns)))
    np.testing.assert_allclose(output.put_together(output.split(raw), own), output.say(raw))
    dated = ModelOutput(model("date_parts").fit(table, y), positive="bad")
    assert isinstance(dated.split(raw)[0], np.ndarray)  # each column has one source: the matrix is mixed
    np.testing.assert_allclose(dated.put_together(dated.split(raw), own), dated.say(raw))
    plain = TabularModel(LINEAR, schema=fitted.schema_, seed=0).fit(table, y)
    blend = Blend("mean", np.array([0.5, 0.5]), np.ones(2), np.empty(0))
    both = EnsembleModel(next(iter(ENSEMBLES)), {TREES: fitted, LINEAR: plain}, blend)
    mean = (fitted.predict_proba(raw) + plain.predict_proba(raw)) / 2
    np.testing.assert_allclose(both.predict_proba(raw), mean)


@pytest.mark.whole
def test_a_folder_whose_steps_are_others_than_it_says_is_refused(tmp_path):
    table, targets = step_table(80)
    folder = save_model(model("ratios").fit(table, targets["binary"]), tmp_path / "a")
    other = save_model(model("products").fit(table, targets["binary"]), tmp_path / "b")
    text = (folder / "model.json").read_text(encoding="utf-8")
    (folder / "model.json").write_text(text.replace('"ratios"', '"products"'), encoding="utf-8")
    with pytest.raises(ArtifactsError, match="damaged"):
        load_folder(folder)
    assert load_folder(other).steps_.names == ["products"]


def test_means_of_many_classes_take_no_more_than_the_few_that_are_columns(monkeypatch):
    """Of 200 classes all shares were made, five of which were kept: gigabytes of a table of 50,000 rows."""
    from sklearn.preprocessing import TargetEncoder

    rng = np.random.default_rng(0)
    y = np.r_[np.repeat([3, 8, 11, 40, 77], 60), np.arange(200)]
    table = pd.DataFrame({"c": np.where(rng.random(500) < 0.8, y % 13, 99), "d": y % 150}).map("v{}".format)
    widths, fit = [], TargetEncoder.fit_transform

    def counted(self, X, y):
        found = fit(self, X, y)
        widths.append(found.shape[1])
        return found

    monkeypatch.setattr(TargetEncoder, "fit_transform", counted)
    fitted = TabularModel("sklearn_decision_tree", steps=["target_means"], seed=0).fit(table, y)
    assert widths == [len(made(fitted, "target_means")) // 5 * 6]
    names = [row.name for row in made(fitted, "target_means")]
    assert [f"share({k} | c)" in names for k in (3, 8, 11, 40, 77, 5)] == [True] * 5 + [False]
    clean = fitted.steps_.transform(fitted.schema_.clean(table))
    assert np.corrcoef(clean["share(40 | d)"], y == 40)[0, 1] > 0.9
