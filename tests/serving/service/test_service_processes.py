"""The service over real sockets: what a client in the same process cannot show."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from service_helpers import ROW, fitted, keys, package

from model_development.cli.main import main
from model_development.monitoring.log_files import read_log
from model_development.serving.package.builder import build_package
from model_development.serving.package.contents import PackageContents
from model_development.storage.model_folder import save_model

pytestmark = pytest.mark.whole

SCRIPT = Path(__file__).with_name("served_process.py")


@contextmanager
def server(command, port, **environment):
    """A server that has said that it is ready."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    process = subprocess.Popen(
        [str(part) for part in command],
        env=known | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(port, method="GET", path="/ready", body=None, timeout=30, key=""):
    """(status, content)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {"Content-Type": "application/json"} if body else {}
    headers |= {"X-API-Key": key} if key else {}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content)


def ask_text(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def answers(port):
    try:
        return ask(port, timeout=5)[0] == 200
    except OSError:
        return False


def send_raw(port, *parts, pause_s=0.0):
    """What comes back for bytes as they are, to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause_s)
        except OSError:
            pass  # it need not listen to the end
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
        except OSError:
            pass
    return received


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_model(fitted("binary")[0], tmp_path_factory.mktemp("served") / "model")


HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_limits_hold_on_the_wire_and_a_stop_finishes_what_is_under_way(folder):
    port = free_port()
    limits = {"MAX_BODY_BYTES": "400000", "BODY_TIMEOUT": "0.5"}
    with server([sys.executable, SCRIPT, folder, port], port, **limits) as process:
        chunk = b"4000\r\n" + 0x4000 * b"x" + b"\r\n"
        refused = send_raw(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 100)
        assert refused.startswith(b"HTTP/1.1 413 ")
        assert b"body_too_large" in refused
        told = send_raw(port, HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n")
        assert told.split(b" ")[1][:1] == b"4"
        slow = send_raw(port, HEAD + b"Content-Length: 100\r\n\r\n", b'{"age"')
        assert slow.startswith(b"HTTP/1.1 408 ")
        for hostile in (b"\x00\xff\x16\x03", b"GET /\x80 HTTP/1.1\r\n\r\n", HEAD + b"X-Y: \x00\r\n\r\n"):
            assert not send_raw(port, hostile, b"\r\n\r\n").startswith(b"HTTP/1.1 5")
        assert ask(port, "POST", "/predict", ROW)[0] == 200

        found = []
        batch = {"rows": [ROW] * 3000}
        client = threading.Thread(target=lambda: found.append(ask(port, "POST", "/predict/batch", batch)))
        client.start()
        time.sleep(0.15)
        process.terminate()
        client.join()
        said = process.communicate(timeout=30)[0]
    ((status, content),) = found
    assert status == 200
    assert len(content["predictions"]) == 3000
    assert process.returncode == 0
    assert "loaded:\n" in said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert {line["status"] for line in lines if line["event"] == "request"} >= {200, 408, 413}
    assert lines[-1]["event"] == "stopped"


@pytest.fixture(scope="module")
def running(folder):
    """The port of a server."""
    port = free_port()
    with server([sys.executable, SCRIPT, folder, port], port):
        yield port


def test_a_batch_does_not_hold_up_single_rows(running):
    batch = {"rows": [ROW] * 3000}
    ask(running, "POST", "/predict/batch", batch)
    client = threading.Thread(target=ask, args=(running, "POST", "/predict/batch", batch))
    started = time.monotonic()
    client.start()
    waits = []
    while client.is_alive():
        asked = time.monotonic()
        assert ask(running, "POST", "/predict", ROW)[0] == 200
        waits.append(time.monotonic() - asked)
    took = time.monotonic() - started
    assert len(waits) >= 5
    assert sorted(waits)[len(waits) // 2] < took / 5


def test_mlflows_own_client_gets_answers(running):
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    model, X, _ = fitted("binary")
    client = ScoringServerClient("127.0.0.1", running)
    client.wait_server_ready(timeout=10)
    answer = client.invoke(X.head(20)).get_predictions()
    assert answer.iloc[:, 0].tolist() == model.predict(X.head(20)).tolist()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory, folder):
    """A package, as `model-development package` writes it."""
    reference = package("binary").reference
    rows = [ROW, ROW | {"age": 50}]
    named = {"name": "tiny [model]", "version": "7", "target": "outcome"}
    contents = PackageContents(model_folder=folder, reference=reference, rows=rows, **named)
    return build_package(contents, tmp_path_factory.mktemp("shipped") / "model_package")


SERVE = "import sys; from model_development.cli.main import main; sys.exit(main(sys.argv[1:]))"


def _wait_for_every_worker(port, seconds=30):
    """The first one that is ready answers for the service: another may still read the model."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if all("model_ready 1.0" in ask_text(port, "/metrics") for _ in range(10)):
            return
        time.sleep(0.2)


def test_the_command_serves_a_package_with_workers_that_count_together(shipped, tmp_path):
    port, known = free_port(), keys("team")
    (tmp_path / "keys").write_text("\n".join(known[1]), encoding="utf-8")
    command = [sys.executable, "-c", SERVE, "serve", "--package", shipped, "--port", port, "--workers", 2]
    recorded = tmp_path / "predictions"
    given = {"API_KEYS_FILE": str(tmp_path / "keys"), "PREDICTIONS_DIR": str(recorded), "RECORD_INPUTS": "1"}
    with server(command, port, **given) as process:
        _wait_for_every_worker(port)
        assert ask(port, "POST", "/predict", ROW)[0] == 401
        statuses = {ask(port, "POST", "/predict", ROW, key=known[0]["team"])[0] for _ in range(20)}
        text = [ask_text(port, "/metrics") for _ in range(4)]
        process.terminate()
        said = process.communicate(timeout=60)[0]
    assert statuses == {200}
    assert all('model_rows_total{route="/predict"} 20.0' in one for one in text)
    assert all("model_ready 1.0" in one for one in text)
    assert process.returncode == 0, said
    log = read_log(recorded)
    assert len(log) == 20
    assert set(log["model_version"]) == {"7"}


def test_a_package_that_was_changed_is_not_served(shipped, tmp_path, capsys):
    changed = Path(shutil.copytree(shipped, tmp_path / "changed"))
    (changed / "model" / "metadata.json").write_text("{}", encoding="utf-8")
    for workers in ("1", "2"):
        assert main(["serve", "--package", str(changed), "--port", "1", "--workers", workers]) == 2
        assert "metadata.json" in capsys.readouterr().err
    assert main(["serve", "--package", str(shipped), "--port", "99999"]) == 2
