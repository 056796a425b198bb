"""What an assistant sees of the tools, what they refuse, and the way from an empty folder to a report."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from model_development.agents.jobs import job_state, jobs_of, start_job, stop_job
from model_development.agents.short_answers import MOST_CHARACTERS, short_answer
from model_development.agents.table import TOOLS
from model_development.cli.table import COMMANDS
from model_development.errors import ArtifactsError
from model_development.storage import files as artifacts

mcp = pytest.importorskip("mcp")


def ask(tool, **arguments):
    """What one tool answers, through a client and the server in this process."""
    from model_development.agents.server import make_server

    async def call():
        async with mcp.Client(make_server()) as client:
            answer = await client.call_tool(tool, arguments)
            assert not answer.is_error, answer
            return answer.structured_content

    return anyio.run(call)


@pytest.fixture
def context(tmp_path):
    """A context file of a small table with a column that gives the target away."""
    rows = [f"{n % 7},{n % 3},{(n * 7) % 11},{'yes' if n % 2 else 'no'}" for n in range(120)]
    (tmp_path / "table.csv").write_text("a,b,c,target\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = {"feature_data_path": "table.csv", "target_variable": "target"}
    path = tmp_path / "pipeline_context.json"
    path.write_text(json.dumps({"project": "toy", "epoch_004_outputs": data}), encoding="utf-8")
    return str(path)


def folder_of(context):
    return Path(context).parent / "artifacts" / artifacts.EPOCH_FOLDER


def test_every_tool_says_what_it_does_and_takes():
    from model_development.agents.server import make_server

    async def listed():
        async with mcp.Client(make_server()) as client:
            return (await client.list_tools()).tools

    tools = anyio.run(listed)
    assert {tool.name for tool in tools} == set(TOOLS)
    for tool in tools:
        assert len(tool.description) > 40, tool.name
        assert tool.annotations.read_only_hint == TOOLS[tool.name].is_reading
        named = tool.input_schema["properties"]
        assert set(tool.input_schema.get("required", ())) <= set(named)


def test_bad_input_is_an_object_that_says_what_to_do(tmp_path):
    answer = ask("project_status", context=str(tmp_path / "none.json"))
    assert answer["exit_code"] == 2
    assert "no context file" in answer["message"]
    assert answer["do"]


@pytest.mark.parametrize("flag", ["--update=project", "--complete=project", "-h", "--list"])
def test_a_new_project_is_never_called_like_a_flag(flag, tmp_path):
    answer = ask("new_project", name=flag, use_case="credit_risk", output=str(tmp_path))
    assert answer["exit_code"] == 2
    assert "is no name of a project" in json.dumps(answer)
    assert not list(tmp_path.iterdir())


@pytest.mark.whole
def test_a_finding_is_accepted_with_a_reason_that_is_recorded(context):
    assert ask("accept_finding", context=context, check="rare_classes", reason="ok")["exit_code"] == 2
    assert not (folder_of(context) / artifacts.ASSISTANT_LOG).exists()
    misspelt = ask("accept_finding", context=context, check="rare_clases", reason="known in time, says Eva")
    assert "rare_classes" in misspelt["message"]
    answer = ask("accept_finding", context=context, check="rare_classes", reason="known in time, says Eva")
    assert answer["accepted"] == ["rare_classes"]
    with open(context, encoding="utf-8") as file:
        assert json.load(file)["epoch_005_settings"]["accept"] == ["rare_classes"]
    with open(folder_of(context) / artifacts.ASSISTANT_LOG, encoding="utf-8") as log:
        assert json.loads(log.readline())["reason"] == "known in time, says Eva"


def test_no_setting_accepts_a_finding_in_passing(context):
    for assignment in ("accept=rare_classes", " epoch_005_settings.accept = rare_classes"):
        answer = ask("start_run", context=context, budget_s=30, settings=[assignment])
        assert answer["do"] == "accept_finding"
    assert jobs_of(folder_of(context)) == []


def test_test_rows_that_were_opened_for_another_model_are_not_opened_unnoticed(context):
    folder_of(context).mkdir(parents=True)
    with open(folder_of(context) / artifacts.TEST_SET_ACCESS, "w", encoding="utf-8") as log:
        log.write(json.dumps({"evaluation_key": "of another model"}) + "\n")
    reason = "the board meets tomorrow and wants the final figures"
    answer = ask("start_evaluation", context=context, reason=reason)
    assert answer["exit_code"] == 2
    assert "once already" in answer["message"]
    assert "again=true" in answer["do"]


def test_long_answers_are_cut_and_say_so():
    content = {"rows": [{"name": "x" * 50, "n": n} for n in range(5000)], "text": "y" * 90_000, "kept": 1}
    answer = short_answer(content)
    assert len(json.dumps(answer)) <= MOST_CHARACTERS
    assert answer["kept"] == 1
    assert "of 5000 shown" in answer["cut"]["rows"]
    deep = short_answer({"kept": 1} | {str(n): "z" * 1900 for n in range(500)})
    assert len(json.dumps(deep)) <= MOST_CHARACTERS
    assert deep["kept"] == 1
    assert deep["cut"]


@pytest.mark.whole
def test_a_job_outlives_who_started_it_and_is_found_again(tmp_path, context):
    folder = tmp_path / "artifacts" / artifacts.EPOCH_FOLDER
    code = (
        "from pathlib import Path; from model_development.agents.jobs import start_job; "
        f"print(start_job(Path({str(folder)!r}), ['status', '--context', {context!r}])['job_id'])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    job_id, state = said.stdout.strip(), {"state": "running"}
    for _ in range(600):
        state = job_state(folder, job_id)
        if state["state"] != "running":
            break
        time.sleep(0.2)
    assert state["state"] == "done"
    assert state["result"]["project"] == "toy"
    assert jobs_of(folder)[0]["job_id"] == job_id


@pytest.mark.whole
def test_one_job_at_a_time_and_it_can_be_stopped(tmp_path, context):
    folder = tmp_path / "artifacts" / artifacts.EPOCH_FOLDER
    job = start_job(folder, ["train", "--context", context])
    assert job["state"] == "running"
    with pytest.raises(ArtifactsError, match=job["job_id"]):
        start_job(folder, ["tune", "--context", context])
    time.sleep(2)
    stop_job(folder, job["job_id"])
    for _ in range(600):
        state = job_state(folder, job["job_id"])
        if state["state"] != "running":
            break
        time.sleep(0.2)
    assert state["state"] == "stopped", state


def test_an_unknown_job_is_said_with_those_that_there_are(context):
    answer = ask("read_job", context=context, job_id="../../etc")
    assert answer["exit_code"] == 2
    assert "no job" in answer["message"]


def test_commands_that_tools_run_exist():
    import ast
    import inspect

    from model_development.agents import doing, reading

    for module in (doing, reading):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.List) and node.elts and isinstance(node.elts[0], ast.Constant):
                word = node.elts[0].value
                assert word in COMMANDS or word.startswith("--"), word


@pytest.mark.slow
def test_from_an_empty_folder_to_the_report_by_tools_alone(tmp_path):
    """ "Train all frameworks for credit risk and tune the best", as an assistant would."""
    server = mcp.StdioServerParameters(
        command=sys.executable, args=["-m", "model_development.agents"], cwd=tmp_path, env=dict(os.environ)
    )

    async def play():
        async with mcp.Client(server) as client:

            async def call(tool, **arguments):
                answer = (await client.call_tool(tool, arguments)).structured_content
                print(tool, arguments, json.dumps(answer)[:600], flush=True)
                return answer

            async def finished(job):
                while (state := await call("read_job", context=context, job_id=job["job_id"]))[
                    "state"
                ] == "running":
                    await anyio.sleep(5)
                return state

            case = (await call("list_use_cases", words="credit risk"))["use_cases"][0]["key"]
            made = await call("new_project", name="credit", use_case=case, output=str(tmp_path))
            assert made["exit_code"] == 0
            context = str(tmp_path / "credit" / "pipeline_context.json")
            checked = await call("check_data", context=context)
            assert checked["exit_code"] == 0
            run = await finished(await call("start_run", context=context, budget_s=60))
            assert run["state"] == "done"
            board = await call("leaderboard", context=context)
            score = board["leaderboard"][0]["on_the_folds"]
            with open(score["file"], encoding="utf-8") as file:
                found = json.load(file)
            for key in score["key"].split("."):
                found = found[int(key)] if isinstance(found, list) else found[key]
            assert found == score["value"]  # the source that is named holds the number
            assert (await call("why_this_model", context=context))["best_model"]["name"]
            evaluated = await finished(
                await call("start_evaluation", context=context, reason="the user asked for the final figures")
            )
            assert evaluated["state"] == "done"
            figures = await call("evaluation", context=context)
            assert figures["n_test_openings"]["value"] == 1
            assert (await call("explain_row", context=context))["sentences"]
            status = await call("project_status", context=context)
            assert status["next"] is None
            return figures["files"]

    files = anyio.run(play)
    assert Path(files[artifacts.EVALUATION_REPORT]).stat().st_size > 10_000
