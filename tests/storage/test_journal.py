"""A journal survives a kill at any byte, and other searches that write it at the same time."""

import subprocess
import sys

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


@pytest.mark.whole
def test_many_fits_of_another_key_cost_this_one_nothing(tmp_path):
    path, line = tmp_path / "search.jsonl", {"n": 1}
    Journal(path, "k").add([line])
    Journal(path, "other").add([{"n": n} for n in range(120_000)])
    Journal(path, "other")
    assert Journal(path, "k").entries == [line]


def test_the_keys_used_last_stay_and_those_before_them_go(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_FILES", 3)
    path = tmp_path / "search.jsonl"
    path.write_text("")  # of a version that kept all keys in one file
    Journal(tmp_path / "search_2.jsonl", "a").add([{"of": "another model"}])
    for key in "abcd":
        Journal(path, key).add([{"of": key}])
    Journal(path, "b")
    Journal(path, "e")
    assert {file.name for file in tmp_path.glob("*.jsonl")} == {
        *(f"search.{key}.jsonl" for key in "bde"),
        "search_2.a.jsonl",
    }
    assert [Journal(path, key).entries for key in "bd"] == [[{"of": "b"}], [{"of": "d"}]]
    assert not list(tmp_path.glob("search.[ac].jsonl.*"))


def test_files_that_are_too_large_together_go_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_BYTES", 5000)
    path = tmp_path / "search.jsonl"
    for key in "abc":
        Journal(path, key).add([{"text": "x" * 3000}])
    Journal(path, "d")
    assert {file.name for file in tmp_path.glob("*.jsonl")} == {"search.c.jsonl", "search.d.jsonl"}


@pytest.mark.whole
def test_what_a_living_search_has_open_is_never_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_FILES", 2)
    path = tmp_path / "search.jsonl"
    ours = Journal(path, "ours")
    ours.add([{"n": 1}])
    theirs = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert theirs.stdout.readline() == "open\n"
    for key in "abcdef":
        Journal(path, key)
    assert Journal(path, "ours").entries == [{"n": 1}]
    assert Journal(path, "theirs").entries == [{"n": 7}]
    theirs.kill()
    theirs.communicate()
    for key in "abcdef":
        Journal(path, key)
    assert not (tmp_path / "search.theirs.jsonl").exists()
    ours.add([{"n": 2}])
    assert Journal(path, "ours").entries == [{"n": 1}, {"n": 2}]


WRITER = """
import sys
from pathlib import Path
from model_development.storage.journal import Journal
journal = Journal(Path(sys.argv[1]), "theirs")
journal.add([{"n": 7}])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.whole
@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 60))
def test_a_kill_at_any_byte_costs_one_entry_at_the_most(cut, tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "search.jsonl"
    first = Journal(path, "k")
    for n in range(3):
        first.add([{"n": n, "text": "é"}])
    content = first.path.read_bytes()
    first.path.write_bytes(content[: len(content) - cut])
    kept = Journal(path, "k")
    ends = [position for position, byte in enumerate(content) if byte == ord("\n")]
    assert [entry["n"] for entry in kept.entries] == [
        n for n, end in enumerate(ends) if len(content) - cut >= end
    ]
    kept.add([{"n": 9, "text": "after"}])
    assert Journal(path, "k").entries[-1]["n"] == 9
