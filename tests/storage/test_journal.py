"""A journal survives a kill at any byte, and other searches that write it at the same time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_development.storage import journal
from model_development.storage.journal import Journal


def test_what_was_added_is_there_under_the_same_key_alone(tmp_path):
    path = tmp_path / "search.jsonl"
    first = Journal(path, "k")
    first.add([{"n": 1, "score": float("nan")}])
    first.add([{"n": 2}, {"n": 3}])
    entries = [{"n": 1, "score": None}, {"n": 2}, {"n": 3}]
    assert Journal(path, "k").entries == entries
    Journal(path, "other").add([{"n": 4}])
    assert Journal(path, "other").entries == [{"n": 4}]
    assert Journal(path, "k").entries == entries
    assert Journal(path, "k", fresh=True).entries == []
    first.add([{"n": 5}])  # by a search that still runs
    assert Journal(path, "k").entries == [{"n": 5}]
    assert Journal(path, "other").entries == [{"n": 4}]


def test_a_journal_of_long_ago_is_begun_anew_with_what_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MANY_LINES", 10)
    path = tmp_path / "search.jsonl"
    Journal(path, "old").add([{"n": n} for n in range(20)])
    Journal(path, "k").add([{"n": 1}])
    assert Journal(path, "k").entries == [{"n": 1}]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_a_kill_while_a_journal_is_begun_anew_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MANY_LINES", 10)
    path, write = tmp_path / "search.jsonl", journal.write_text
    first = Journal(path, "k")
    Journal(path, "old").add([{"n": n} for n in range(20)])
    first.add([{"n": 1}])

    def write_and_die(*arguments):
        write(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "write_text", write_and_die)
    with pytest.raises(KeyboardInterrupt):
        Journal(path, "k")
    monkeypatch.setattr(journal, "write_text", write)
    assert Journal(path, "k").entries == [{"n": 1}]


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 60))
def test_a_kill_at_any_byte_costs_one_entry_at_the_most(cut, tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "search.jsonl"
    first = Journal(path, "k")
    for n in range(3):
        first.add([{"n": n, "text": "é"}])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - cut])
    kept = Journal(path, "k")
    ends = [position for position, byte in enumerate(content) if byte == ord("\n")]
    assert [entry["n"] for entry in kept.entries] == [
        n for n, end in enumerate(ends) if len(content) - cut >= end
    ]
    kept.add([{"n": 9, "text": "after"}])
    assert Journal(path, "k").entries[-1]["n"] == 9
