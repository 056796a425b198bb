"""nbformat at a tenth of its price."""

import sys
import threading
from types import ModuleType

UNUSED = "rfc3987_syntax"  # compiles a grammar of addresses for two seconds; no notebook is checked for them


def import_nbformat() -> ModuleType:
    """Import nbformat without what jsonschema, which it checks notebooks by, takes along where it can.

    jsonschema leaves out the check of a format whose package is not there. Raises ImportError where there is
    no nbformat.
    """
    is_unknown = UNUSED not in sys.modules and "jsonschema" not in sys.modules
    if is_unknown:
        sys.modules[UNUSED] = None  # type: ignore[assignment]  # Python's own sign for "not to be imported"
    try:
        import nbformat
    finally:
        if is_unknown:
            del sys.modules[UNUSED]
    return nbformat


def begin_nbconvert() -> None:
    """Import nbconvert meanwhile: it is needed at the end alone."""
    threading.Thread(target=_import_nbconvert, daemon=True).start()


def _import_nbconvert():
    import_nbformat()
    import nbconvert  # noqa: F401
