import json
from datetime import UTC, datetime

import pytest
from conftest import make_table
from promotion_inputs import fitted, hand_over, write_final_model

from model_development.cli.main import main
from model_development.promotion.overview import moment
from model_development.promotion.promote import open_production
from model_development.promotion.promotion_log import Promotion, PromotionLog, in_production
from model_development.settings.context import read_context

ENTRY = [
    "model_id",
    "use_case_key",
    "algorithm",
    "version",
    "created_at",
    "created_by",
    "metrics",
    "hyperparameters",
    "feature_count",
    "training_samples",
    "file_path",
    "status",
]
NAME = "tiny_binary_model"
pytestmark = pytest.mark.whole  # one story, told in order


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """A project with a final model that nobody has registered yet; the tests below tell one story."""
    return write_final_model(tmp_path_factory.mktemp("registry"))


def act(context, *arguments):
    return main(["promote", *arguments, "--context", str(context)])


def validated(context, version, *more):
    data = str(context.parent / "test.csv")
    uri = f"models:/{NAME}/{version}"
    quick = context.parent / "quick.yaml"
    quick.write_text("better_than_constant: [f1_score]\ntest_suite: false")
    more = more if "--thresholds" in more else (*more, "--thresholds", str(quick))
    arguments = ["--model-uri", uri, "--test-data", data, "--context", str(context), *more]
    return main(["validate", *arguments])


def state(context):
    """(aliases in MLflow, last line of the log as aliases)."""
    with open_production(read_context(context)) as production:
        last = production.log.promotions()[-1]
        assert last.is_done
        return production.aliases, last.aliases


def artifacts(context, name):
    return context.parent / "artifacts" / "epoch005-model-development" / name


def test_nothing_is_promoted_without_a_passed_gate(context, capsys):
    assert act(context, "promote") == 1
    said = capsys.readouterr()
    assert "it is version 1" in said.out  # registered first
    assert "has not been validated" in said.err
    assert act(context, "status") == 0
    assert "not validated" in capsys.readouterr().out
    assert act(context, "rollback") == 2
    assert not artifacts(context, "promotion_log.jsonl").exists()


def test_a_failed_gate_is_no_passed_one(context, capsys):
    file = context.parent / "t.yaml"
    file.write_text("metrics: {accuracy: {at_least: 0.999}}\ntest_suite: false")
    assert validated(context, 1, "--thresholds", str(file)) == 1
    assert act(context, "promote") == 1
    assert "failed the gate" in capsys.readouterr().err
    assert act(context, "promote", "--force") == 2
    assert "--reason" in capsys.readouterr().err


def test_a_gate_that_was_asked_about_the_folder_is_known_of_its_version(context, capsys):
    assert validated(context, 1, "--model-uri", str(context.parent / "final_model")) == 0
    with open_production(read_context(context)) as production:
        (version,) = production.registry.versions(NAME)
    assert version.tags["validation_status"] == "failed"  # as it was asked about by its number
    capsys.readouterr()
    assert act(context, "status") == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.lstrip().startswith("1 ")]
    assert "passed" in row


def test_the_first_champion(context):
    assert validated(context, 1) == 0
    assert act(context, "promote") == 0
    assert state(context) == (("1", None), ("1", None))
    entry = json.loads(artifacts(context, "model_registry_entry.json").read_text())
    assert set(ENTRY) <= set(entry)
    assert (entry["version"], entry["status"], entry["feature_count"]) == ("1", "champion", 5)
    assert entry["metrics"]["accuracy"] > 0.5
    assert entry["file_path"] == str(context.parent / "final_model")
    with open_production(read_context(context)) as production:
        (version,) = production.registry.versions(NAME)
        assert version.tags["validation_status"] == "passed"
        assert float(version.tags["metric.accuracy"]) == entry["metrics"]["accuracy"]
        assert version.tags["model_fingerprint"] == entry["model_fingerprint"]
        found = production.registry.client.get_model_version(NAME, "1")
        assert "sklearn_logistic_regression" in found.description
    assert act(context, "promote") == 0  # again: nothing to do
    assert len(artifacts(context, "promotion_log.jsonl").read_text().splitlines()) == 2


def test_the_report_of_another_model_does_not_count(context, capsys):
    hand_over(context, fitted(table=make_table(n_rows=300, seed=5)))
    assert act(context, "promote") == 1
    said = capsys.readouterr()
    assert "it is version 2" in said.out
    assert "Version 2 has not been validated" in said.err


def test_the_champion_is_compared_on_the_same_rows(context, capsys):
    assert validated(context, 2, "--champion") in (0, 1)
    report = json.loads(artifacts(context, "validation_report.json").read_text())
    (line,) = [line for line in report["gates"] if line["gate"] == "champion"]
    assert report["champion"]["version"] == "1"
    assert line["threshold"] == -0.01
    assert validated(context, "1", "--champion") == 0
    report = json.loads(artifacts(context, "validation_report.json").read_text())
    (line,) = [line for line in report["gates"] if line["gate"] == "champion"]
    assert "the very same model" in line["sentence"]


def test_forced_with_a_reason_and_rolled_back(context, capsys):
    assert validated(context, 2, "--champion", "--thresholds", str(context.parent / "t.yaml")) == 1
    assert act(context, "promote", "--force", "--reason", "a trial") == 0
    assert state(context) == (("2", "1"), ("2", "1"))
    assert act(context, "rollback", "--reason", "complaints") == 0
    assert state(context) == (("1", "2"), ("1", "2"))
    entry = json.loads(artifacts(context, "model_registry_entry.json").read_text())
    assert entry["version"] == "1"
    capsys.readouterr()
    assert act(context, "history") == 0
    said = capsys.readouterr().out
    assert "a trial" in said
    assert "complaints" in said
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert act(context, "history", "--at", today) == 0
    assert "version 1 (since" in capsys.readouterr().out
    assert act(context, "history", "--at", "2020-01-01") == 0
    assert "Nothing" in capsys.readouterr().out


def test_an_alias_that_somebody_else_moved_is_written_down(context, capsys):
    with open_production(read_context(context)) as production:
        production.registry.set_alias(NAME, "champion", "2")
    assert act(context, "status") == 0
    assert "moved outside of this command" in capsys.readouterr().out
    assert state(context) == (("2", "2"), ("2", "2"))


def test_a_line_that_was_cut_off_is_none(context):
    log = artifacts(context, "promotion_log.jsonl")
    before = state(context)
    with open(log, "ab") as file:
        file.write(b'{"schema_version": 1, "event": "begin", "id": "x", "champ')
    assert state(context) == before
    assert act(context, "promote", "--version", "1", "--force", "--reason", "after a kill") == 0
    assert state(context)[0] == ("1", "2")
    assert log.read_bytes().count(b"\n") == len(log.read_bytes().splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["promotee"], "Did you mean 'promote'"),
        (["promote", "--version", "99"], "has no version 99"),
        (["promote", "--version", "new"], "is no number of a version"),
        (["history", "--at", "tuesday"], "is no day"),
        (["history", "--at", "9999-12-31"], "is no day"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(arguments, said, context, capsys):
    assert act(context, *arguments) == 2
    assert said in capsys.readouterr().err


def test_what_was_in_production_on_a_day():
    days = {"1": "2026-11-20T10:00:00+00:00", "2": "2026-11-24T12:00:00+00:00"}
    log = [
        Promotion(id=v, action="promote", champion=v, previous=None, at=day, since=day, by="me")
        for v, day in days.items()
    ]
    asked = {"2026-11-19": [], "2026-11-23": ["1"], "2026-11-24": ["1", "2"], "2026-11-24T11:59": ["1"]}
    asked |= {"2026-11-24T12:00": ["2"], "2026-12-01": ["2"]}
    for text, versions in asked.items():
        assert [one.champion for one in in_production(log, *moment(text))] == versions


def test_a_log_reads_what_was_written(tmp_path):
    log = PromotionLog(tmp_path / "log.jsonl")
    begun = log.begin("promote", "2", "1", reason="größer", forced=True)
    (read,) = log.promotions()
    assert not read.is_done
    log.done(begun, "2026-11-24T12:00:00+00:00")
    (read,) = log.promotions()
    assert (read.is_done, read.reason, read.forced, read.aliases) == (True, "größer", True, ("2", "1"))
    assert read.since == "2026-11-24T12:00:00+00:00"


def test_a_tag_of_a_logged_model_reaches_the_version_that_holds_it(context):
    """A gate that was asked by the URI in the context left versions as "not validated"."""
    with open_production(read_context(context)) as production:
        registry = production.registry
        logged = registry.client.get_model_version(NAME, "1").source
        assert logged.startswith("models:/m-")
        registry.tag(logged, {"validation_status": "passed"})
        assert registry.versions(NAME)[-1].tags["validation_status"] == "passed"
