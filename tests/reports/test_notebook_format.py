"""nbformat reads notebooks without what takes two seconds to import."""

import subprocess
import sys

import pytest
from conftest import NOTEBOOK

CODE = f"""
import sys
from model_development.reports.notebook_format import UNUSED, import_nbformat
nbformat = import_nbformat()
assert UNUSED not in sys.modules
nbformat.validate(nbformat.read({str(NOTEBOOK)!r}, as_version=4))
"""


@pytest.mark.whole
def test_notebooks_are_read_and_checked_without_a_grammar_of_addresses():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
