"""Names and passwords in addresses are used, and never shown, kept or logged."""

import base64
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from conftest import write_project

from model_development import model_utils as mu
from model_development.errors import DataError, TrackingError
from model_development.settings.credentials import without_credentials
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


@pytest.mark.parametrize(
    "uri",
    [
        "http://user:s3cret@127.0.0.1:9",
        "postgresql://user:s3cret@127.0.0.1:9/db",
        "nonsense://user:s3cret@h/x",
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
        ("s3://key:sec/ret@bucket", "s3://key:sec/ret@bucket"),
        ("see postgresql://u:p@ss@h/db and http://h", "see postgresql://***@h/db and http://h"),
        ("https://h/a?X-Amz-Signature=abc&v=1", "https://h/a?X-Amz-Signature=***&v=1"),
        ("mail me@home.org, http://h/a@b", "mail me@home.org, http://h/a@b"),
    ],
)
def test_what_is_hidden(text, shown):
    assert without_credentials(text) == shown


def test_a_relative_sqlite_file_counts_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///relative.db")
    mu.check_data(write_project(tmp_path / "project"))
    assert (tmp_path / "relative.db").is_file()


@pytest.mark.parametrize("name", ["100%20sure%", "why?"])
def test_a_folder_may_be_called_anything(name, tmp_path):
    context = write_project(tmp_path / name)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(phase)
    best = mu.finish_training(phase)
    assert best.status == "ok"
    assert (tmp_path / name / "artifacts" / "mlflow.db").is_file()
    assert mu.load_model(best.model_path).classes_ is not None
