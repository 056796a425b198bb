import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development.data.columns.recognition import infer_schema
from model_development.data.columns.values import plain_dtype
from model_development.data.reading.dialects import DIALECT, REPEATED_NAMES
from model_development.data.reading.sources import fingerprint, load_table
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
        ("table.csv", b"a,b\n1,2\n1,2,3,4\n", "line 3 has 4 fields where 2 are expected"),
        ("table.csv", b"a,b\n1,2,\n3,4,\n", "line 2 has 3 fields where 2 are expected"),
        ("table.csv", b"a,b,c\n1,2,3\n4,5\n", "line 3 has 2 fields, the header has 3"),
        ("table.parquet", b"PAR1 cut off", "damaged or was cut off"),
        ("table.feather", b"cut off", "damaged or was cut off"),
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


def test_a_parquet_file_that_was_cut_off_says_so(tmp_path):
    TABLE.to_parquet(tmp_path / "table.parquet")
    whole = (tmp_path / "table.parquet").read_bytes()
    (tmp_path / "table.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged or was cut off"):
        load_table(str(tmp_path / "table.parquet"))


def test_a_name_that_occurs_twice_is_read_as_pandas_has_it_and_remembered(tmp_path):
    (tmp_path / "table.csv").write_text("a,b,a\n1,2,3\n", encoding="utf-8")
    table = load_table(str(tmp_path / "table.csv"))
    assert list(table.columns) == ["a", "b", "a.1"]
    assert table.attrs == {"repeated_names": {"a.1": "a"}}


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8-sig")
    assert list(load_table(str(tmp_path / "table.csv")).columns) == ["a", "b"]


def test_a_missing_value_in_the_last_column_is_no_short_row(tmp_path):
    (tmp_path / "table.csv").write_text('a,b\n1,\n"x\ny",2\n\n', encoding="utf-8")
    assert load_table(str(tmp_path / "table.csv")).shape == (2, 2)


def test_odd_types_of_parquet_files_become_pandas_own(tmp_path):
    import datetime

    plain = pd.DataFrame({"i": [1, None, 3], "flag": [True, False, None], "word": ["a", None, "b"]})
    odd = plain.convert_dtypes(dtype_backend="pyarrow").assign(
        day=pd.Series([datetime.date(2026, 1, d) for d in (1, 2, 3)], dtype="date32[pyarrow]"),
        raw=[b"\xff\x00", b"a", None],
        half=pd.Series([1.5, 2.5, None], dtype="float16"),
    )
    odd.to_parquet(tmp_path / "table.parquet")
    table = load_table(str(tmp_path / "table.parquet"))
    assert not any(isinstance(dtype, pd.ArrowDtype) for dtype in table.dtypes)
    assert table["raw"].tolist()[:2] == ["ff00", "a"]
    assert table["half"].dtype == "float32"
    assert len(fingerprint(table)) == 16
    kinds = {column.name: column.kind for column in infer_schema(table).columns}
    assert (kinds["day"], kinds["i"], kinds["word"]) == ("date", "number", "category")


TEXT = "name;x;day\nZoë;1,5;01.02.2026\nJörg;1.234,25;13.02.2026\n"
IN_WORDS = "';' between fields, ',' before decimals, "


@pytest.mark.whole
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", TEXT.encode("utf-8-sig"), IN_WORDS + "UTF-8"),
        ("t.csv", TEXT.encode("cp1252"), IN_WORDS + "cp1252"),
        ("t.csv", TEXT.encode("utf-16"), IN_WORDS + "utf-16"),
        ("t.csv", TEXT.encode("utf-16-le"), IN_WORDS + "utf-16-le"),
        ("t.csv", ("sep=;\r\n" + TEXT).encode("cp1252"), IN_WORDS + "cp1252"),
        ("t.csv", TEXT.replace(";", "\t").encode("utf-8"), "tab between fields, ',' before decimals, UTF-8"),
        ("t.csv", TEXT.replace(";", "|").encode("utf-8"), "'|' between fields, ',' before decimals, UTF-8"),
    ],
)
def test_a_text_file_is_read_as_it_is_written_and_the_way_is_said(name, content, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    table = load_table(str(tmp_path / name))
    assert table["name"].tolist() == ["Zoë", "Jörg"]
    assert table.attrs["dialect"] == said
    schema = infer_schema(table, decimal=table.attrs["decimal"])
    assert schema.clean(table)["x"].tolist() == [1.5, 1234.25]
    assert schema.clean(table.assign(x=["1,5", "1.234,25"]))["x"].tolist() == [1.5, 1234.25]


@pytest.mark.whole
def test_thousands_in_a_file_with_decimal_commas_are_thousands(tmp_path):
    text = "a;b\n" + "".join(f"{i},5;{'1.234' if i % 2 else '999'}\n" for i in range(30))
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    table = load_table(str(tmp_path / "t.csv"))
    schema = infer_schema(table, decimal=table.attrs["decimal"])
    assert set(schema.clean(table)["b"]) == {999.0, 1234.0}


def test_a_plain_csv_has_nothing_to_be_said_of(tmp_path):
    (tmp_path / "t.csv").write_text('a,b\n1.5,"x;y"\n', encoding="utf-8")
    assert "dialect" not in load_table(str(tmp_path / "t.csv")).attrs


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_a_named_index_is_a_column(suffix, tmp_path):
    days = pd.date_range("2026-01-01", periods=2, name="day")
    table = pd.DataFrame({"x": [1, 2]}, index=days)
    path = tmp_path / f"t.{suffix}"
    table.to_parquet(path) if suffix == "parquet" else table.reset_index().to_feather(path)
    assert load_table(str(path))["day"].tolist() == days.tolist()


def test_every_named_level_of_an_index_is_a_column_and_unnamed_ones_are_not(tmp_path):
    levels = pd.MultiIndex.from_tuples([("a", 0, 5), ("b", 1, 6)], names=["shop", None, "week"])
    pd.DataFrame({"x": [1, 2]}, index=levels).to_parquet(tmp_path / "t.parquet")
    assert load_table(str(tmp_path / "t.parquet")).to_dict("list") == {
        "shop": ["a", "b"],
        "week": [5, 6],
        "x": [1, 2],
    }


PLAIN = pd.DataFrame({"code": ["007", "012"], "x": [1.5, 2.5], "name": ["é", "ß"]})


@pytest.mark.parametrize("suffix", ["csv.bz2", "csv.xz", "csv.zip", "zip", "txt", "txt.gz"])
def test_packed_text_files_give_back_the_table(suffix, tmp_path):
    path = tmp_path / f"t.{suffix}"
    inside = {"method": "zip", "archive_name": "t.csv"} if "zip" in suffix else "infer"
    PLAIN.to_csv(path, index=False, compression=inside)
    assert load_table(str(path)).to_dict("list") == PLAIN.to_dict("list")


def test_a_tsv_file_is_read(tmp_path):
    PLAIN.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    assert load_table(str(tmp_path / "t.tsv")).to_dict("list") == PLAIN.to_dict("list")


def test_an_archive_of_several_files_says_so(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a.csv", "x\n1\n")
        archive.writestr("b.csv", "x\n1\n")
    with pytest.raises(DataError, match="holds a.csv, b.csv; one text table"):
        load_table(str(tmp_path / "t.zip"))


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson"])
def test_json_lines_are_read_and_texts_stay_texts(suffix, tmp_path):
    PLAIN.to_json(tmp_path / f"t.{suffix}", orient="records", lines=True)
    assert load_table(str(tmp_path / f"t.{suffix}")).to_dict("list") == PLAIN.to_dict("list")


def test_a_folder_of_parquet_files_is_one_table(tmp_path):
    (tmp_path / "parts").mkdir()
    PLAIN.head(1).to_parquet(tmp_path / "parts" / "a.parquet")
    PLAIN.tail(1).to_parquet(tmp_path / "parts" / "b.parquet")
    assert load_table(str(tmp_path / "parts")).to_dict("list") == PLAIN.to_dict("list")


@pytest.mark.whole
def test_tables_and_queries_of_a_database_are_read(tmp_path):
    from sqlalchemy import create_engine

    address = f"sqlite:///{tmp_path}/file.db"
    PLAIN.to_sql("customers", create_engine(address), index=False)
    assert load_table(f"{address}#customers").to_dict("list") == PLAIN.to_dict("list")
    query = "?query=SELECT name, x FROM customers WHERE x > 2"
    assert load_table(address + query).to_dict("list") == {"name": ["ß"], "x": [2.5]}
    with pytest.raises(DataError, match="no table 'clients'. It has: customers"):
        load_table(f"{address}#clients")
    with pytest.raises(DataError, match="Name one table"):
        load_table(address)


@pytest.mark.whole
@pytest.mark.parametrize("folder", ["plain", "why? #1 100%20", "größe"])
@pytest.mark.parametrize(
    "part", ["#customers", "?query=SELECT * FROM customers WHERE x > 0", "?timeout=5#customers"]
)
def test_a_relative_database_counts_from_the_context(folder, part, tmp_path, monkeypatch):
    import sqlite3

    from model_development.data.intake import take_in
    from model_development.settings.context import read_context

    place = tmp_path / folder
    outputs = {"feature_data_path": f"sqlite:///data/relative.db{part}", "target_variable": "outcome"}
    context = write_project(place, epoch_004_outputs=outputs)
    (place / "data").mkdir()
    with sqlite3.connect(place / "data" / "relative.db") as store:
        make_table().assign(x=1.0).to_sql("customers", store, index=False)
    monkeypatch.chdir(tmp_path)
    intake = take_in(read_context(context))
    assert intake.data.X_train.shape == (192, 7)
    assert intake.source == outputs["feature_data_path"]
    assert [path.name for path in tmp_path.rglob("*.db")] == ["relative.db"]


CELLS = pd.DataFrame(
    {
        "code": ["007", "012", "100"],
        "n": [1, None, 3],
        "x": [1.5, "?", "n/a"],
        "when": pd.to_datetime(["2024-01-01 00:00", None, "2024-03-05 12:30"]),
        "flag": [True, False, True],
        "text": ["1,234", "-", "2,5"],
        "outcome": ["NA", "b", "NA"],
    }
)


@pytest.mark.whole
def test_a_workbook_gives_back_what_its_cells_hold(tmp_path):
    CELLS.to_excel(tmp_path / "t.xlsx", index=False)
    table = load_table(str(tmp_path / "t.xlsx"), "outcome")
    assert table["code"].tolist() == ["007", "012", "100"]
    assert table["text"].tolist() == ["1,234", "-", "2,5"]
    assert table["outcome"].tolist() == ["NA", "b", "NA"]
    assert table[["n", "x"]].fillna(-1).to_numpy().tolist() == [[1, 1.5], [-1, -1], [3, -1]]
    assert table.dtypes[["n", "x"]].tolist() == ["float64", "float64"]
    assert table["when"].dt.hour.fillna(-1).tolist() == [0, -1, 12]
    assert table["flag"].dtype == bool
    assert DIALECT not in table.attrs


@pytest.mark.whole
def test_the_first_sheet_with_rows_is_read_and_named(tmp_path):
    with pd.ExcelWriter(tmp_path / "t.xlsx") as writer:
        pd.DataFrame().to_excel(writer, sheet_name="Cover", index=False)
        PLAIN.to_excel(writer, sheet_name="Data", index=False)
        CELLS.to_excel(writer, sheet_name="Other", index=False)
    table = load_table(str(tmp_path / "t.xlsx"))
    assert table.to_dict("list") == PLAIN.to_dict("list")
    assert table.attrs[DIALECT] == "sheet 'Data', one of 3: Cover, Data, Other"


def test_empty_rows_and_columns_of_a_sheet_are_left_out_and_repeated_names_told_apart(tmp_path):
    import openpyxl

    workbook = openpyxl.Workbook()
    for row in [["x", None, "x", 2021, None], [1, None, "a", 5, None], [None] * 5, [2, None, "b", 6, 7]]:
        workbook.active.append(row)
    workbook.save(tmp_path / "t.xlsx")
    table = load_table(str(tmp_path / "t.xlsx"))
    assert list(table) == ["x", "x.1", "2021", "Unnamed: 3"]
    assert table["x"].tolist() == [1, 2]
    assert table.attrs[REPEATED_NAMES] == {"x.1": "x"}


@pytest.mark.whole
def test_a_workbook_is_trained_on_and_says_which_sheet(tmp_path):
    from model_development import model_utils as mu

    outputs = {"feature_data_path": "t.xlsx", "target_variable": "outcome"}
    context = write_project(tmp_path, epoch_004_outputs=outputs)
    with pd.ExcelWriter(tmp_path / "t.xlsx") as writer:
        make_table().to_excel(writer, sheet_name="Data", index=False)
        PLAIN.to_excel(writer, sheet_name="Notes", index=False)
    session = mu.start_training(context_path=context, models=["dummy_floor"], profile=False).session
    assert "File            sheet 'Data', one of 2: Data, Notes" in session.overview()
    kinds = session.intake.describe()["column_kinds"]
    assert (kinds["since"], kinds["age"], kinds["home town"]) == ("date", "number", "category")


def test_a_workbook_without_its_package_names_it(tmp_path, monkeypatch):
    import sys

    PLAIN.to_excel(tmp_path / "t.xlsx", index=False)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(DataError, match="pip install openpyxl"):
        load_table(str(tmp_path / "t.xlsx"))


@pytest.mark.parametrize("content", [b"", b"PK", b"no workbook"])
def test_a_damaged_workbook_says_so(content, tmp_path):
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(DataError, match="t.xlsx cannot be read"):
        load_table(str(tmp_path / "t.xlsx"))


def test_a_column_may_be_called_self(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("self,n\n007,1\n012,2\n")
    assert load_table(str(path))["self"].tolist() == ["007", "012"]
    pd.DataFrame({"self": [b"a", b"b"], "n": [1, 2]}).to_parquet(tmp_path / "t.parquet")
    table = load_table(str(tmp_path / "t.parquet"))
    assert table["self"].tolist() == ["a", "b"]
    assert len(fingerprint(table.astype({"self": object}))) == 16


@pytest.mark.parametrize("separator", ["\t", "|"])
def test_whole_numbers_with_commas_between_thousands_are_no_decimal_fractions(separator, tmp_path):
    path = tmp_path / "table.csv"
    rows = [f"{n:,}{separator}x" for n in (1234, 987, 45678, 2003)]
    path.write_text("\n".join([f"n{separator}w", *rows, ""]), encoding="utf-8")
    table = load_table(str(path))
    (column,) = [c for c in infer_schema(table, keep_identifiers=True).columns if c.name == "n"]
    assert list(column.read(table["n"])) == [1234, 987, 45678, 2003]


def test_points_between_thousands_do_not_outvote_decimal_commas(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a;b;c\n1.234;2.345;12,5\n4.567;8.901;7,25\n", encoding="utf-8")
    assert load_table(str(path)).attrs["decimal"] == ","


@pytest.mark.parametrize("categories", [[0, 1], [False, True], ["a", "b"], [0.5, 1.5]], ids=str)
def test_categories_with_missing_values_are_their_values(categories):
    values = pd.Series(pd.Categorical.from_codes([1, 0, 1, -1], categories=categories))
    plain = plain_dtype(values)
    assert plain.isna().tolist() == [False, False, False, True]
    assert plain.iloc[:3].tolist() == [categories[1], categories[0], categories[1]]


def test_a_query_with_a_column_that_occurs_twice_is_refused_in_a_sentence(tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "data.db") as database:
        database.execute("create table a (id integer, x real)")
        database.execute("insert into a values (1, 2.0)")
    with pytest.raises(DataError, match="Columns occur twice in the table .*: id, x"):
        load_table(f"sqlite:///{tmp_path / 'data.db'}?query=select a.*, b.* from a join a b on a.id = b.id")


def test_a_very_long_text_beside_a_missing_value_is_read(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(f"text,x\n{'word ' * 40_000},1\nshort,\n", encoding="utf-8")
    assert load_table(str(path))["x"].isna().tolist() == [False, True]
