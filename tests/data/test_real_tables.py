"""Real tables, where the environment variable REAL_TABLES names a folder that has them."""

import os
from pathlib import Path

import pytest
from conftest import write_project

from model_development import model_utils as mu
from model_development.data.intake import take_in
from model_development.errors import DataError
from model_development.settings.context import read_context

FOLDER = Path(os.environ.get("REAL_TABLES", ""))
pytestmark = pytest.mark.skipif("REAL_TABLES" not in os.environ, reason="REAL_TABLES is not set")
CLEAN = {
    "adult": "income",
    "german_credit": "class",
    "california_housing": "median_house_value",
    "letter": "lettr",
}


def project(folder, name, target):
    outputs = {"feature_data_path": str(FOLDER / f"{name}.csv"), "target_variable": target}
    return write_project(folder, epoch_004_outputs=outputs)


@pytest.mark.parametrize("name", CLEAN)
def test_clean_tables_have_no_error(name, tmp_path):
    findings = take_in(read_context(project(tmp_path, name, CLEAN[name]))).findings
    assert [str(f) for f in findings if f.severity == "error"] == []


def test_the_parts_of_a_sum_stop_the_run_and_are_named(tmp_path):
    with pytest.raises(DataError, match="'casual', 'registered': Their sum is the target"):
        mu.start_training(context_path=project(tmp_path, "bike_sharing_hour", "cnt"))
