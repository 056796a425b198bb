import sys

import pytest
from conftest import EPOCH, run, write_project

from model_development.cli.completion import flags_of
from model_development.cli.main import main
from model_development.cli.table import COMMANDS

pytestmark = pytest.mark.whole

SCRIPTS = sorted((EPOCH / "scripts").glob("*.py"))
ON_A_CONTEXT = [name for name, command in COMMANDS.items() if "--context" in flags_of(command)]


def test_commands_about_a_context_take_it_alike():
    assert {"check", "train", "compare", "tune", "evaluate", "run", "explain", "status"} <= set(ON_A_CONTEXT)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(flag in said for flag in ("--json", "--quiet", "--set", "exit codes"))
    assert all(line in said for line in COMMANDS[name].examples)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_explains_itself(script):
    done = run(sys.executable, script, "--help")
    assert done.returncode == 0
    assert "--json" in done.stdout


@pytest.mark.parametrize("name", ON_A_CONTEXT)
def test_bad_input_is_one_sentence_and_code_2(name, tmp_path, capfd):
    assert main([name, "--context", str(tmp_path / "absent.json")]) == 2
    said = capfd.readouterr()
    assert "error: There is no context file" in said.err
    assert "Traceback" not in said.err + said.out


def test_check_leaves_its_findings(tmp_path):
    context = write_project(tmp_path)
    assert main(["check", "--context", str(context)]) == 0
    assert (tmp_path / "artifacts" / "epoch005-model-development" / "data_checks.json").is_file()


@pytest.mark.slow
def test_train_takes_the_notebooks_parameters(tmp_path, capfd):
    context = write_project(tmp_path)
    code = main(["train", "--context", str(context), "--models", "sklearn_logistic_regresion"])
    assert code == 2
    assert "Did you mean 'sklearn_logistic_regression'" in capfd.readouterr().err
    assert main(["train", "--context", str(context), "--models", "sklearn_logistic_regression"]) == 0
    assert (tmp_path / "artifacts" / "epoch005-model-development" / "best_model_info.json").is_file()
