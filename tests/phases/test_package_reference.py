"""What a package says of the training rows is of the model in it."""

from types import SimpleNamespace

import pytest

from model_development.phases.packaging import _out_of_fold_path
from model_development.storage.checkpoints import Checkpoints


@pytest.mark.parametrize("params", [{"a": 1}, {"a": 2}])
def test_out_of_fold_predictions_of_an_earlier_search_are_not_those_of_the_final_model(params, tmp_path):
    for name in ("final_model", "lightgbm_baseline"):
        (tmp_path / "out_of_fold").mkdir(exist_ok=True)
        (tmp_path / "out_of_fold" / f"{name}.parquet").touch()
    whose = {"model_name": "lightgbm_baseline", "params": {"a": 1}}
    Checkpoints(tmp_path / "checkpoints").save("final_model", "key", {"cv": {}} | whose)
    tuned = SimpleNamespace(model_name="lightgbm_baseline", best_params=params, improved=True, ensemble=None)
    expected = "final_model" if params == whose["params"] else "lightgbm_baseline"
    assert _out_of_fold_path(tmp_path, tuned).stem == expected
