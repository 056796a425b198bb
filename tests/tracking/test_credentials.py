"""Names and passwords in addresses are used, and never shown, kept or logged."""

import base64
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import make_table, write_project
from hypothesis import given, settings
from hypothesis import strategies as st

from model_development import model_utils as mu
from model_development.data.reading.sources import load_table
from model_development.errors import ContextError, DataError, TrackingError
from model_development.settings.credentials import shown, without_credentials
from model_development.tracking.connection import require_reachable, tracking_uri

VARIABLES = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")


@pytest.fixture(autouse=True)
def no_names_left(monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that it is put back to what it was


@pytest.fixture
def server():
    """A server that lets only `user` with `p@ss` in, and keeps what it was sent."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = "Basic " + base64.b64encode(b"user:p@ss").decode()
            seen.append(self.headers.get("Authorization") == wanted)
            self.send_response(200 if seen[-1] else 401)
            self.end_headers()

        def log_message(self, *_):
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield listening.server_port, seen
    listening.shutdown()


def test_a_server_is_asked_with_name_and_password_and_the_uri_holds_neither(server, monkeypatch):
    port, seen = server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:p%40ss@127.0.0.1:{port}")
    uri = tracking_uri(Path("unused"))
    assert uri == f"http://127.0.0.1:{port}"
    require_reachable(uri)
    assert seen == [True]
    assert [os.environ[name] for name in VARIABLES] == ["user", "p@ss"]


@pytest.mark.whole
@pytest.mark.parametrize(
    "uri",
    [
        "http://user:s3cret@127.0.0.1:9",
        "postgresql://user:s3cret@127.0.0.1:9/db",
        "nonsense://user:s3cret@h/x",
        "http://user:a/s3cret@127.0.0.1:9",
        "postgresql://user:12/s3cret@127.0.0.1:9/db",
        "http://127.0.0.1:9/x?token=s3cret",
    ],
)
def test_no_error_shows_a_password(uri, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_SQLALCHEMYSTORE_MAX_RETRIES", "0")
    with pytest.raises(TrackingError) as caught:
        mu.check_data(write_project(tmp_path))
    error = caught.value
    while error is not None:
        assert "s3cret" not in str(error)
        error = error.__cause__


@pytest.mark.parametrize(
    "location", ["nothing://me:s3cret@host/t.csv", "nothing://host/t.csv?token=s3cret&x=1"]
)
def test_an_address_of_data_is_told_without_its_secrets(location, tmp_path):
    outputs = {"feature_data_path": location, "target_variable": "outcome"}
    with pytest.raises(DataError) as caught:
        mu.check_data(write_project(tmp_path, epoch_004_outputs=outputs))
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://u:p@h:1/x", "http://***@h:1/x"),
        ("s3://key:sec/ret@bucket/x", "s3://***@bucket/x"),
        ("http://u:12/3@h (port 80)", "http://***@h (port 80)"),
        ("http://h/a@b", "http://h/a@b"),
        ("mssql://h/d?odbc_connect=PWD%3Dp", "mssql://h/d?odbc_connect=***"),
        ("abfs://c@h/x.csv?account_key=p", "abfs://***@h/x.csv?account_key=***"),
        ("see postgresql://u:p@ss@h/db and http://h", "see postgresql://***@h/db and http://h"),
        ("https://h/a?X-Amz-Signature=abc&v=1", "https://h/a?X-Amz-Signature=***&v=1"),
        ("mail me@home.org, http://h/a@b", "mail me@home.org, http://h/a@b"),
    ],
)
def test_what_is_hidden(text, shown):
    assert without_credentials(text) == shown


PASSWORDS = st.text(alphabet="abcXYZ019/:?#@%&=+$;,!~*'()[]", min_size=8, max_size=20)
SCHEMES = ["http", "https", "s3", "memory", "postgresql+psycopg2", "simplecache::s3"]


@pytest.mark.whole
@settings(deadline=None, max_examples=150)
@given(PASSWORDS, st.sampled_from(SCHEMES))
def test_no_password_is_shown_whatever_it_holds(password, scheme):
    address = f"{scheme}://someone:{password}@host.org:123/table.nothing"
    for text in (shown(address), without_credentials(f"see {address} or http://h/x")):
        assert password not in text
    assert password not in without_credentials(f"no {unquote(password)}, no {password}", address)
    with pytest.raises(DataError) as caught:
        load_table(address)
    assert password not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".jsonl", ".xlsx", ".zip"])
@pytest.mark.parametrize("start", ["memory://key:S3CR/ET@bucket", "memory://bucket/x?token=S3CR/ET&y="])
def test_no_reader_tells_a_password(start, suffix):
    import fsspec

    address = f"{start}/t{suffix}"
    for content in (None, b"", b"\x00nonsense\n1,2,3,4\n5"):
        if content is not None:
            with fsspec.open(address, "wb") as file:
                file.write(content)
        with pytest.raises(DataError) as caught:
            load_table(address)
        assert "S3CR" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.whole
@pytest.mark.parametrize(
    "location",
    [
        "postgresql://me:S3CR/ET@127.0.0.1:9/db#t",
        "mysql+pymysql://me:S3CR/ET@h/d#t",
        "http://me:S3CR/ET@x/t.csv",
    ],
)
def test_no_database_or_server_tells_a_password(location):
    with pytest.raises(DataError) as caught:
        load_table(location)
    assert "S3CR" not in str(caught.value)


@pytest.mark.whole
@pytest.mark.usefixtures("without_charts")
def test_a_test_table_behind_a_password_is_read_in_both_phases_and_told_without_it(tmp_path, capfd, caplog):
    import fsspec

    address = "memory://key:S3CR/ET@bucket/test.csv"
    table = make_table()
    with fsspec.open(address, "wt") as file:
        table.tail(40).to_csv(file, index=False)
    with fsspec.open(address.replace("test.csv", "table.csv"), "wt") as file:
        table.head(200).to_csv(file, index=False)
    outputs = {"feature_data_path": address.replace("test.csv", "table.csv"), "target_variable": "outcome"}
    context = write_project(tmp_path, settings={"test_data_path": address}, epoch_004_outputs=outputs)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    print(phase.session.overview())
    mu.train_all(phase, phase.names)
    mu.finish_training(phase)
    mu.tune_best_model(context, strategy="random", n_trials=2)
    print(mu.tuning_summary(context))
    said = capfd.readouterr()
    assert "S3CR" not in said.out + said.err + caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != context]
    assert [path for path in files if b"S3CR" in path.read_bytes()] == []
    assert any("mlflow.db" in path.name for path in files)


def test_a_test_table_that_lacks_columns_is_told_without_its_password(tmp_path):
    import fsspec

    address = "memory://key:S3CR/ET@bucket/few.csv"
    with fsspec.open(address, "wt") as file:
        make_table()[["age", "outcome"]].to_csv(file, index=False)
    with pytest.raises(DataError, match="lacks columns") as caught:
        mu.check_data(write_project(tmp_path, settings={"test_data_path": address}))
    assert "S3CR" not in str(caught.value)


def test_a_context_of_the_wrong_type_is_told_without_the_password(tmp_path):
    outputs = {"feature_data_path": ["s3://me:S3CR/ET@b/t.csv"], "target_variable": "outcome"}
    with pytest.raises(ContextError) as caught:
        mu.check_data(write_project(tmp_path, epoch_004_outputs=outputs))
    assert "S3CR" not in str(caught.value)


@pytest.mark.whole
def test_a_relative_sqlite_file_counts_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///relative.db")
    mu.check_data(write_project(tmp_path / "project"))
    assert (tmp_path / "relative.db").is_file()


@pytest.mark.whole
@pytest.mark.usefixtures("without_charts")
@pytest.mark.parametrize("name", ["100%20sure%", "why?"])
def test_a_folder_may_be_called_anything(name, tmp_path):
    context = write_project(tmp_path / name)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(phase)
    best = mu.finish_training(phase)
    assert best.status == "ok"
    assert (tmp_path / name / "artifacts" / "mlflow.db").is_file()
    assert mu.load_model(best.model_path).classes_ is not None
