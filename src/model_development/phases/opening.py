"""The first call of the notebook. It imports little, so that what takes long begins at once."""

from ..reports.notebook import listen
from ..search.process import get_ready


def read_parameters(namespace):
    """Check the parameters of the running notebook; its first call: `read_parameters(globals())`.

    From here on its outputs are kept, for the copy that goes to the artifacts, and what its workers will
    need is being imported in a process beside it.

    Raises SettingsError that names every unknown or ill-typed parameter, and lists the known.
    """
    get_ready()
    listen()
    from ..handover.parameters import parse_parameters  # which takes a second of its own

    return parse_parameters(namespace)
