import pandas as pd
import pytest

from model_development.data.sources import fingerprint, load_table
from model_development.errors import DataError

TABLE = pd.DataFrame({"x": [1.5, 2.5], "name": ["é", "ß"], "kind": pd.Categorical(["a", "b"])})


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "feather"])
def test_every_kind_of_file_gives_back_the_table(suffix, tmp_path):
    path = tmp_path / f"table.{suffix}"
    writer = {"csv": "to_csv", "csv.gz": "to_csv", "parquet": "to_parquet", "feather": "to_feather"}
    getattr(TABLE, writer[suffix])(path, **({"index": False} if "csv" in suffix else {}))
    loaded = load_table(str(path))
    assert loaded.to_dict("list") == TABLE.to_dict("list")
    assert not any(isinstance(dtype, pd.CategoricalDtype) for dtype in loaded.dtypes)


def test_a_uri_that_fsspec_opens_is_read():
    import fsspec

    with fsspec.open("memory://bucket/table.csv", "w") as file:
        file.write("x,y\n1,2\n")
    assert load_table("memory://bucket/table.csv").to_dict("list") == {"x": [1], "y": [2]}


def test_tables_of_scikit_learn_are_known_by_name():
    assert load_table("sklearn:wine").shape == (178, 14)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("table.csv", None, "does not exist"),
        ("table.csv", b"", "is empty"),
        ("table.csv", b"a,b\n", "is empty"),
        ("table.csv", b"a,b\n1,2\n1,2,3,4\n", "cannot be read"),
        ("table.csv", "a,b\n1,é\n".encode("latin-1"), "cannot be read"),
        ("table.parquet", b"PAR1 cut off", "cannot be read"),
        ("table.csv", b"a,b,y,y\n1,2,3,3\n", "occur twice.*: y"),
        ("table.csv", b"a,b\n1,2,\n3,4,\n", "Expected 2 fields in line 2, saw 3"),
        ("table.csv", b"a;b\n1;2\n", "single column, 'a;b'"),
        ("table.xyz", b"1", "unknown kind.*[.]csv"),
    ],
)
def test_a_file_that_cannot_be_read_says_which_and_why(name, content, message, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_table(str(tmp_path / name))
    assert name in str(caught.value)


def test_an_unknown_bundled_table_suggests_the_nearest():
    with pytest.raises(DataError, match="Did you mean 'diabetes'"):
        load_table("sklearn:diabets")


def test_the_fingerprint_sees_values_names_and_order():
    changed = [TABLE.assign(x=[1.5, 2.6]), TABLE.rename(columns={"x": "y"}), TABLE.iloc[::-1]]
    assert fingerprint(TABLE) not in {fingerprint(table) for table in changed}


def test_a_folder_is_no_table(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="is no file"):
        load_table(str(tmp_path / "folder.csv"))
