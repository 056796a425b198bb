"""Calls whose worker died are tried once more, one after another."""

from model_development.execution.protocol import Call
from model_development.phases.tuning.second_try import run_kept


def test_each_has_all_the_memory_that_there_is():
    """Side by side they died again of too little memory."""
    done = []

    class Engine:
        def stop_idle(self):
            done.append("idle workers end")

        def run(self, calls, deadline, keep):
            done.append([call.name for call in calls])
            yield from (("outcome", call, None) for call in calls)

    calls = [Call(name, "x", print) for name in "ab"]
    assert [call for _, call, _ in run_kept(Engine(), calls, None, True)] == calls
    assert done == ["idle workers end", ["a"], ["b"]]
