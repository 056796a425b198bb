import numpy as np
import pytest
from evaluation_inputs import make_input


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_an_input_says_of_raw_rows_what_it_said_of_the_test_rows(kind):
    given = make_input(kind, 240)
    said = given.say(given.test.X)
    np.testing.assert_array_equal(said.labels, given.test.said.labels)
    assert len(given.out_of_fold) == len(given.out_of_fold.said.labels) == 120


@pytest.mark.whole
def test_some_rows_keep_what_belongs_to_them():
    given = make_input("binary", 240, amount=np.arange(240.0))
    some = given.test.take(np.array([5, 2]))
    assert some.column("amount").tolist() == given.test.rows[[5, 2]].tolist()
    assert some.X["age"].tolist() == given.test.X["age"].iloc[[5, 2]].tolist()
