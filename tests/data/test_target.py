"""The target is read by the rules of the features, and classes stay what they are in the file."""

import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development.data.intake import take_in
from model_development.errors import DataError
from model_development.settings.context import read_context

N = 300
RNG = np.random.default_rng(2)


def intake(tmp_path, labels, **settings):
    table = pd.DataFrame(
        {"x": RNG.normal(size=len(labels)), "w": RNG.normal(size=len(labels)), "outcome": labels}
    )
    return take_in(read_context(write_project(tmp_path, table=table, settings=settings)))


def doubts(found):
    return [str(f) for f in found.findings if f.check == "doubtful_reading"]


@pytest.mark.whole
def test_none_may_be_a_class_and_is_said(tmp_path):
    found = intake(tmp_path, ["None", "Apnea", "Insomnia"] * 100)
    assert found.data.task.classes == ("Apnea", "Insomnia", "None")
    assert any("'None', in 100 rows, is taken for a class" in text for text in doubts(found))


def test_none_among_numbers_is_missing(tmp_path):
    found = intake(tmp_path, ["None", *(f"{v:.3f}" for v in RNG.normal(size=N))])
    assert found.data.task.kind == "regression"
    assert found.n_rows_without_target == 1


def test_a_frequent_word_that_may_be_a_class_is_asked_about(tmp_path):
    with pytest.raises(DataError, match="'NA' in 100 of 300 rows.*`missing_labels`"):
        intake(tmp_path, ["NA", "EU", "AS"] * 100)


@pytest.mark.whole
@pytest.mark.parametrize(("missing", "n_classes"), [([], 3), (["NA"], 2)])
def test_the_user_says_what_the_word_is(missing, n_classes, tmp_path):
    found = intake(tmp_path, ["NA", "EU", "AS"] * 100, missing_labels=missing)
    assert len(found.data.task.classes) == n_classes
    assert found.n_rows_without_target == (0 if n_classes == 3 else 100)
    assert not doubts(found)


@pytest.mark.whole
def test_a_rare_word_for_missing_is_left_out_and_said(tmp_path):
    found = intake(tmp_path, ["yes", "no"] * 150 + ["NA"] * 3)
    assert found.data.task.classes == ("no", "yes")
    assert any("'NA', in 3 rows, counts as missing" in text for text in doubts(found))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_codes_with_leading_zeros_are_classes(suffix, tmp_path):
    table = pd.DataFrame({"x": RNG.normal(size=N), "outcome": [f"{i % 25 + 1:03d}" for i in range(N)]})
    path = write_project(tmp_path, table=table)
    if suffix == "parquet":
        table.to_parquet(tmp_path / "t.parquet")
        path.write_text(path.read_text().replace("table.csv", "t.parquet"))
    found = take_in(read_context(path))
    assert found.data.task.kind == "multiclass"
    assert found.data.task.classes[0] == "001"


@pytest.mark.whole
def test_blanks_around_labels_are_taken_off_and_said(tmp_path):
    found = intake(tmp_path, ["yes", "no", " yes", "no "] * 75)
    assert found.data.task.classes == ("no", "yes")
    assert any("150 labels begin or end with blanks" in text for text in doubts(found))


@pytest.mark.whole
def test_two_spellings_of_a_label_are_said(tmp_path):
    found = intake(tmp_path, ["Yes", "yes", "no"] * 100)
    assert any("'Yes' and 'yes' are taken for different classes" in text for text in doubts(found))


@pytest.mark.whole
@pytest.mark.parametrize("way", ["${:,.2f}", "{:.2f} kg", "{:.1f}%"])
def test_numbers_in_common_ways_of_writing_are_a_quantity(way, tmp_path):
    found = intake(tmp_path, [way.format(v) for v in RNG.gamma(2, 2000, N)])
    assert found.data.task.kind == "regression"
    assert found.data.y_train.dtype == "float64"


@pytest.mark.whole
def test_durations_are_numbers(tmp_path):
    found = intake(tmp_path, [str(d) for d in pd.to_timedelta(RNG.integers(1, 9999, N), unit="min")])
    assert found.data.task.kind == "regression"
    assert 0 < found.data.y_train.max() < 7


def test_a_target_is_read_with_the_decimal_mark_of_its_file(tmp_path):
    """In a file of decimal commas "1.234" is more than a thousand, in the target as in the features."""
    numbers = RNG.integers(500, 5000, N)
    texts = [f"{n:,}".replace(",", ".") for n in numbers]
    lines = [
        f"{x:.2f};{text}".replace(".", ",", 1) for x, text in zip(RNG.normal(size=N), texts, strict=True)
    ]
    context = write_project(tmp_path)
    (tmp_path / "table.csv").write_text("\n".join(["x;outcome", *lines, ""]), encoding="utf-8")
    found = take_in(read_context(context))
    assert found.data.task.kind == "regression"
    assert set(found.data.y_train) <= set(numbers.astype(float))


def test_own_test_rows_are_of_the_same_classes_whether_or_not_some_row_has_no_label(tmp_path):
    """A missing label makes floats of whole numbers: 1.0 in one file is 1 in the other."""
    labels = pd.Series(RNG.integers(0, 2, N)).astype(object)
    table = pd.DataFrame({"x": RNG.normal(size=N), "w": RNG.normal(size=N), "outcome": labels})
    table.head(50).to_csv(tmp_path / "test.csv", index=False)
    table.loc[3, "outcome"] = None
    table.to_csv(tmp_path / "table_0.csv", index=False)
    context = write_project(tmp_path, table=table, settings={"test_data_path": "test.csv"})
    assert take_in(read_context(context)).assignment.counts()["test"] == 50
