"""Which packages are installed, by whatever name they were published."""

from importlib.metadata import PackageNotFoundError, version

# The same import under other names on PyPI: builds without CUDA, for other cards, of last night.
PUBLISHED_AS = {
    "keras": ("keras", "keras-nightly"),
    "tensorflow": (
        "tensorflow",
        "tensorflow-cpu",
        "tensorflow-intel",
        "tensorflow-macos",
        "tensorflow-rocm",
        "intel-tensorflow",
        "tf-nightly",
        "tf-nightly-cpu",
    ),
    "xgboost": ("xgboost", "xgboost-cpu"),
}


def installed(package: str) -> tuple[str, str] | None:
    """Return (distribution, version) that provides a package; None where nothing does.

    The version has no local label (PEP 440: "+cpu" in "2.13.0+cpu"): it names a build, which other indexes
    than that of its maker do not have.

    >>> installed("no-such-package") is None
    True
    """
    for distribution in names_of(package):
        try:
            return distribution, public(version(distribution))
        except PackageNotFoundError:
            continue
    return None


def names_of(package: str) -> tuple[str, ...]:
    """All names under which a package is published, its usual one first.

    >>> names_of("xgboost"), names_of("numpy")
    (('xgboost', 'xgboost-cpu'), ('numpy',))
    """
    return PUBLISHED_AS.get(package, (package,))


def public(version: str) -> str:
    """A version without its local label.

    >>> public("2.13.0+cpu"), public("3.2.0")
    ('2.13.0', '3.2.0')
    """
    return version.partition("+")[0]


def package_version() -> str:
    """The version of this package; 0.0.0 where it is not installed."""
    try:
        return version("model-development")
    except PackageNotFoundError:
        return "0.0.0"
