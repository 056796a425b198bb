import nbformat

from model_development.reports.notebook import _merge, listen


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
