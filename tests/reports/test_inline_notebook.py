"""A notebook that is run in this process leaves what one in a kernel leaves."""

import base64
import sys

import nbformat
import pytest

from model_development.errors import SettingsError
from model_development.reports.inline_notebook import InlineNotebook
from model_development.reports.notebook import listen, to_html

SHOWS = """
from IPython.display import display
class Picture:
    def _repr_png_(self):
        return b"bytes", {"width": 3}
print("said", size)
print("of a fault", file=__import__("sys").stderr)
display(Picture())
{"size": size}
"""


def written(folder, *sources, parameters="size = 1"):
    new = nbformat.v4.new_code_cell
    cells = [nbformat.v4.new_markdown_cell("text"), new(parameters, metadata={"tags": ["parameters"]})]
    path = folder / "some.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells + [new(source) for source in sources]), path)
    return path


@pytest.mark.whole
def test_it_runs_with_parameters_and_keeps_what_cells_show(tmp_path, capsys):
    path = written(tmp_path, SHOWS, "copy = listen().notebook(path)")
    notebook = InlineNotebook(path, {"size": 7, "listen": listen, "path": path})
    notebook.parameters = {"size": 7}
    before, namespace = sys.displayhook, None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.listen", listen, raising=False)
        patch.setattr("builtins.path", path, raising=False)
        namespace = notebook.run()
    assert capsys.readouterr().out == "said 7\n"
    kept = namespace["copy"]
    assert [cell.source for cell in kept.cells[:3]] == ["text", "size = 1", "# Parameters\nsize = 7"]
    out, err, shown, last = kept.cells[3].outputs
    assert (out.name, out.text, err.name, err.text) == ("stdout", "said 7\n", "stderr", "of a fault\n")
    assert base64.b64decode(shown.data["image/png"]) == b"bytes"
    assert last.output_type == "execute_result"
    assert last.data["text/plain"] == "{'size': 7}"
    nbformat.validate(kept)
    assert "said 7" in to_html(kept)
    assert sys.displayhook is before
    assert not listen().active  # nothing is left of it


def test_what_a_cell_raises_comes_out_as_it_is(tmp_path):
    path = written(tmp_path, "from model_development.errors import SettingsError\nraise SettingsError('no')")
    with pytest.raises(SettingsError, match="no"):
        InlineNotebook(path, {}).run()
    with pytest.raises(SystemExit):
        InlineNotebook(written(tmp_path, "import sys\nsys.exit(143)"), {}).run()
    assert not listen().active
