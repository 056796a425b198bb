"""The template as a git repository of the user's, since `copier update` needs the versions of the past.

An installed package holds one version of the template. Each that is used is committed to a repository in the
user's folder for data, so that a project can go from the version that it was made from to the present one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import ArtifactsError
from ..packages import package_version

TEMPLATE = Path(__file__).with_name("template")
CALM = ("-c", "core.autocrlf=false", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null")
AUTHOR = ("-c", "user.name=model-development", "-c", "user.email=model-development@localhost")


def template_source(template: Path = TEMPLATE) -> Path:
    """Return where copier takes the template from: the repository of its versions, the present one as HEAD.

    Without git, or where the user's folder cannot be written, the template itself: projects are then made all
    the same, and cannot be updated.
    """
    if shutil.which("git") is None:
        return template
    try:
        return _repository(template)
    except (OSError, subprocess.SubprocessError):
        return template


def is_versioned(source: Path) -> bool:
    """Can projects that are made from this source be updated?"""
    return (source / ".git").exists()


def _repository(template: Path) -> Path:
    from filelock import FileLock

    folder = data_home() / "template"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=60):
        if not (folder / ".git").exists():
            _git(folder, "init", "--quiet", "--initial-branch=main")
        _mirror(template, folder)
        if _git(folder, "status", "--porcelain"):
            _git(folder, "add", "--all", "--force")
            _git(
                folder, "commit", "--quiet", "--message", f"Template of model-development {package_version()}"
            )
            _git(folder, "tag", _next_tag(_git(folder, "tag").split()))
    return folder


def load_copier() -> Any:
    """Return the module copier. Raises ArtifactsError that says how it is installed."""
    try:
        import copier
    except ImportError as error:
        raise ArtifactsError(
            f"{error}. Projects are made by copier: pip install 'model-development[new]'",
            do="pip install 'model-development[new]'",
        ) from error
    return copier


def data_home() -> Path:
    """The folder of this program among the user's data."""
    local = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else os.environ.get("XDG_DATA_HOME")
    return (Path(local) if local else Path.home() / ".local" / "share") / "model-development"


def _mirror(template, folder):
    """Let a folder hold the files of the template, and no others but git's own."""
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(
        template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )


def _next_tag(tags):
    """A version later than those of the same package: 0.1.0, then 0.1.0.post1 where the template changed."""
    n_before = sum(tag == package_version() or tag.startswith(f"{package_version()}.post") for tag in tags)
    return f"{package_version()}.post{n_before}" if n_before else package_version()


def _git(folder, *arguments):
    done = subprocess.run(
        ["git", *CALM, *AUTHOR, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()
