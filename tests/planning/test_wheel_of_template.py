import shutil
import sys
import zipfile

import pytest
from conftest import ROOT, run

from model_development.planning.template_repository import TEMPLATE
from model_development.use_cases.catalogue import CATALOGUE


@pytest.mark.whole
def test_a_wheel_holds_the_catalogue_and_every_file_of_the_template(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ("wheel", ".", "--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", tmp_path)
    done = run(sys.executable, "-m", "pip", *build, cwd=source)
    assert done.returncode == 0, done.stderr[-2000:]
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    wanted = [CATALOGUE, *(p for p in TEMPLATE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)]
    assert {path.relative_to(ROOT / "src").as_posix() for path in wanted} <= names
