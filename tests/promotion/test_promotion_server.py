"""The same against a real MLflow server, and by two processes at once."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from conftest import EPOCH, make_table
from promotion_inputs import fitted, hand_over, write_final_model

from model_development.cli.main import main
from model_development.promotion.promote import open_production
from model_development.settings.context import read_context

pytestmark = [pytest.mark.whole, pytest.mark.slow]

PROMOTE = EPOCH / "scripts" / "promote_model.py"


@pytest.fixture
def server(tmp_path):
    """The address of an MLflow server of its own on this machine's loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = tmp_path / "server"
    place.mkdir()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{place / 'm.db'}", "--workers", "1"]
    command += ["--artifacts-destination", str(place / "artifacts"), "--serve-artifacts"]
    with open(place / "log.txt", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=place, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, place / "log.txt")
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def _wait_for(address, process, log):
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/health", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise AssertionError(log.read_text())


def test_a_server_and_two_processes_at_once(server, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    context = write_final_model(tmp_path / "project")
    forced = ["--force", "--reason", "a test", "--context", str(context)]
    assert main(["promote", "promote", *forced]) == 0
    hand_over(context, fitted(table=make_table(n_rows=300, seed=5)))
    uri, data = "models:/tiny_binary_model@champion", str(context.parent / "test.csv")
    arguments = ["--model-uri", uri, "--test-data", data, "--context", str(context), "--champion"]
    assert main(["validate", *arguments]) == 0
    both = [
        subprocess.Popen([sys.executable, PROMOTE, *words, *forced], stdout=subprocess.PIPE, text=True)
        for words in (["promote"], ["promote"])
    ]
    said = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("is the champion already" in text for text in said) == 1  # one after the other
    with open_production(read_context(context)) as production:
        assert production.aliases == ("2", "1")
        log = production.log.promotions()
        assert [one.champion for one in log] == ["1", "2"]
        assert all(one.is_done for one in log)
        tags = {version.version: version.tags for version in production.registry.versions(production.name)}
    assert tags["1"]["validation_status"] == "passed"
    assert main(["promote", "rollback", "--context", str(context)]) == 0
    with open_production(read_context(context)) as production:
        assert production.aliases == ("1", "2")
