import nbformat
import pytest

from model_development.reports.notebook import _merge, encrypted_kernel, listen


def test_outside_a_kernel_there_is_nothing_to_listen_to():
    assert not listen().active


def test_cells_keep_the_shipped_order_and_added_ones_follow_what_ran_before_them():
    new = nbformat.v4.new_code_cell
    shipped = [nbformat.v4.new_markdown_cell("text"), new("a = 1"), new("b = 2")]
    ran = [new("a = 1", execution_count=1), new("# Parameters\na = 3", execution_count=2)]
    ran += [
        new("b = 2", execution_count=3),
        new("scratch", execution_count=4),
        new("b = 2", execution_count=5),
    ]
    merged = _merge(shipped, ran)
    assert [cell.source for cell in merged] == ["text", "a = 1", "# Parameters\na = 3", "b = 2", "scratch"]
    assert merged[3].execution_count == 5


KERNEL = """
import sys
from pathlib import Path
from model_development.reports.notebook import listen
listen()
print("warned of nothing", file=sys.stderr)
log = get_ipython().kernel.log
log.error("KeyboardInterrupt caught in kernel.")  # as it says where its end comes early
try:
    import zmq
    raise zmq.ZMQError(88, "nobody listens any more")
except zmq.ZMQError:
    log.error("Exception in message handler:", exc_info=True)  # as it says where its program was terminated
"""


@pytest.mark.whole
def test_a_kernel_of_papermill_begins_without_a_warning_and_hears_itself(tmp_path, capfd):
    import sys

    import papermill

    cells = [nbformat.v4.new_code_cell(KERNEL), nbformat.v4.new_code_cell("print('said')")]
    cells += [
        nbformat.v4.new_code_cell("print(listen().notebook(Path('none')).cells[1].outputs[0].text * 2)")
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), tmp_path / "in.ipynb")
    options = {"progress_bar": False, "stdout_file": sys.stdout, "stderr_file": sys.stderr}
    papermill.execute_notebook(tmp_path / "in.ipynb", tmp_path / "out.ipynb", **options, **encrypted_kernel())
    said = capfd.readouterr()
    assert said.err.strip() == "warned of nothing"
    assert said.out.split() == ["said"] * 3
