"""Lines in batch, one updating line where somebody looks on."""

import io

import pytest

from model_development.reports import progress
from model_development.reports.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_in_batch_steps_are_named_now_and_then(monkeypatch):
    out = io.StringIO()
    shown = Progress(2, out)
    shown.step("a", "fold 1 of 5")
    assert out.getvalue() == ""
    monkeypatch.setattr(progress, "QUIET_FOR", 0.0)
    shown.step("b", "epoch 3")
    assert out.getvalue() == "[00:00] a: fold 1 of 5; b: epoch 3\n"


def test_what_is_done_is_a_line_and_no_step_any_more():
    out = io.StringIO()
    shown = Progress(2, out)
    shown.step("a", "fold 1 of 5")
    shown.finished("a", "a is done")
    assert out.getvalue() == "[00:00] 1/2  a is done\n"
    assert shown.steps == {}


def test_a_terminal_has_one_updating_line(monkeypatch):
    monkeypatch.setattr(progress, "UPDATE_EVERY", 0.0)
    out = Terminal()
    shown = Progress(2, out)
    shown.step("a", "fold 1 of 5")
    shown.step("a", "fold 2 of 5")
    shown.finished("a", "a is done")
    lines = out.getvalue().split("\r")
    assert [line.strip() for line in lines if line.strip()] == [
        "[00:00] 0/2 done  a: fold 1 of 5",
        "[00:00] 0/2 done  a: fold 2 of 5",
        "[00:00] 1/2  a is done",
    ]


@pytest.mark.parametrize("interactive", [True, False])
def test_in_jupyterlab_the_line_is_a_display_that_changes(interactive, monkeypatch):
    displayed = []

    class Handle:
        def update(self, content):
            displayed.append(content.data)

    def display(content, display_id):
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(progress, "UPDATE_EVERY", 0.0)
    if interactive:
        monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    else:
        monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    shown = Progress(1)
    shown.step("a", "fold <1>")
    assert ("<pre>[00:00] 0/1 done  a: fold &lt;1&gt;</pre>" in displayed) == interactive
