"""The flags of all commands: --json, --quiet, --set, and what is said of a wrong one."""

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version

import pytest
from conftest import write_project

from model_development.cli.command import Command, CommandFailed, CommandResult
from model_development.cli.completion import SHELLS
from model_development.cli.flags import program_parser
from model_development.cli.main import _run, main
from model_development.cli.table import COMMANDS
from model_development.errors import DataError, error_like
from model_development.settings.context import read_context
from model_development.settings.overrides import overriding, parse_overrides


def printed(capfd):
    """The one JSON object on standard output, and what stands on standard error."""
    said = capfd.readouterr()
    return json.loads(said.out), said.err


@pytest.mark.parametrize(
    ("words", "allowed", "hint"),
    [
        (["tran", "--json"], "train", "Did you mean 'train'?"),
        (["tune", "--tiemout", "3", "--json"], "--timeout", "Did you mean '--timeout'?"),
        (["tune", "--timeout-s", "3", "--json"], "--timeout", "Did you mean '--timeout'?"),
        (["completion", "csh", "--json"], "bash", "csh"),
    ],
)
def test_a_word_that_is_none_is_answered_with_the_nearest(words, allowed, hint, capfd):
    assert main(words) == 2
    content, errors = printed(capfd)
    assert content["error"] == "SettingsError"
    assert allowed in content["allowed"]
    assert hint in content["message"]
    assert errors.startswith("error: ")
    assert "Traceback" not in errors


def test_bad_input_as_json_has_its_parts(tmp_path, capfd):
    path = tmp_path / "absent.json"
    assert main(["status", "--context", str(path), "--json"]) == 2
    content, _ = printed(capfd)
    assert content["where"] == str(path)
    assert content["what"] == "there is no such context file"
    assert content["command"] == "status"
    assert content["exit_code"] == 2
    assert "--context" in content["do"]


@pytest.mark.parametrize(
    ("outcome", "code", "key"),
    [
        (lambda: 0, 0, None),
        (lambda: 1, 1, None),
        (lambda: CommandResult(1, {"passed": False}), 1, "passed"),
        (lambda: (_ for _ in ()).throw(DataError("no rows", where="a.csv")), 2, "where"),
        (lambda: (_ for _ in ()).throw(KeyboardInterrupt), 130, "do"),
        (lambda: (_ for _ in ()).throw(CommandFailed("kernel died")), 1, "what"),
        (lambda: (_ for _ in ()).throw(ZeroDivisionError("division")), 1, "what"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), 143, "do"),
    ],
)
def test_whatever_becomes_of_a_command_json_is_one_object(outcome, code, key, capfd):
    def run(options):
        print("said on the way")
        subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
        return outcome()

    command = Command("made_up", "help", "description", lambda parser: None, run)
    options = type("Options", (), {"json": True, "quiet": False, "set": []})()
    assert _run(command, options) == code
    content, errors = printed(capfd)
    assert content["exit_code"] == code
    assert key is None or content[key] is not None
    assert "said on the way" in errors
    assert "by a child" in errors


def test_who_terminates_a_command_is_told_what_to_do_next(capfd):
    says = "interrupted. Run the same command again."
    command = Command("made_up", "", "", lambda parser: None, lambda o: sys.exit(143), interrupted=says)
    options = type("Options", (), {"json": False, "quiet": False, "set": []})()
    assert _run(command, options) == 143
    assert capfd.readouterr().err == "terminated. Run the same command again.\n"


def test_quiet_says_nothing_but_errors(capfd):
    options = type("Options", (), {"json": False, "quiet": True, "set": []})()
    assert _run(Command("made_up", "", "", lambda parser: None, lambda o: print("said") or 0), options) == 0
    assert capfd.readouterr().out == ""
    assert main(["status", "--quiet", "--context", "/absent.json"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert "There is no context file" in said.err


def test_set_goes_before_the_context_for_this_run_alone(tmp_path):
    path = write_project(tmp_path, settings={"decisions": {"min_recall": 0.5, "min_precision": 0.2}})
    texts = ["cv_folds=7", "decisions.min_recall=0.9", "drop_columns=age,home town", "positive_class=bad"]
    with overriding(parse_overrides([*texts, "feature_data_path=other.csv"])):
        context = read_context(path)
    assert context.settings.cv_folds == 7
    assert context.settings.decisions.constraints == {"min_precision": 0.2, "min_recall": 0.9}
    assert context.settings.drop_columns == ["age", "home town"]
    assert context.feature_data == str(tmp_path / "other.csv")
    assert context.settings_in_file["cv_folds"] == 3  # the file stays as it is
    assert read_context(path).settings.cv_folds == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cv_fold=3", "Did you mean 'cv_folds'?"),
        ("cv_folds", "must be KEY=VALUE"),
        ("cv_folds=three", "cv_folds"),
        ("epoch_004_outputs.target=x", "Known"),
    ],
)
def test_a_wrong_set_is_one_sentence(text, said, tmp_path, capfd):
    assert main(["status", "--context", str(write_project(tmp_path)), "--set", text]) == 2
    assert said in capfd.readouterr().err


def test_an_error_keeps_its_class_and_parts_between_processes():
    error = DataError("no rows in a.csv", what="no rows", where="a.csv", allowed=[1, 2], do="add rows")
    again = error_like(json.loads(json.dumps(error.describe())))
    assert type(again) is DataError
    assert again.describe() == error.describe()


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_names_every_command(shell, capfd):
    assert main(["completion", shell]) == 0
    text = capfd.readouterr().out
    assert all(name in text for name in COMMANDS)
    assert "timeout" in text


def test_bash_completes_commands_and_flags(tmp_path, capfd):
    main(["completion", "bash"])
    (tmp_path / "completion.sh").write_text(capfd.readouterr().out, encoding="utf-8")
    ask = (
        f"source {tmp_path}/completion.sh; "
        "COMP_WORDS=(model-development tu); COMP_CWORD=1; _model_development; echo ${COMPREPLY[@]}; "
        "COMP_WORDS=(model-development tune --ti); COMP_CWORD=2; _model_development; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tune", "--timeout"]


def test_the_program_says_its_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.split() == ["model-development", version("model-development")]


@pytest.mark.parametrize("words", [["a,b"], ["a", "b"], ["a,", "b"]])
@pytest.mark.parametrize("name", ["train", "compare"])
def test_models_are_given_as_notebooks_or_as_programs_take_them(name, words):
    assert program_parser(COMMANDS).parse_strictly([name, "--models", *words]).models == "a,b"
