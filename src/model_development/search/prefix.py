"""Which combinations can share one fit: those that differ in the shared parameter alone."""


def group_by_shared_fit(combinations, parameter):
    """Return lists of (number, params) that differ in `parameter` only, in order of first occurrence.

    combinations : dicts of parameters; they are numbered from 1. parameter : None shares nothing.

    >>> group_by_shared_fit([{"n": 50, "d": 3}, {"n": 50, "d": 5}, {"n": 100, "d": 3}], "n")
    [[(1, {'n': 50, 'd': 3}), (3, {'n': 100, 'd': 3})], [(2, {'n': 50, 'd': 5})]]
    """
    groups = {}
    for number, params in enumerate(combinations, start=1):
        rest = tuple(sorted((k, repr(v)) for k, v in params.items() if k != parameter))
        key = rest if parameter in params else number
        groups.setdefault(key, []).append((number, params))
    return list(groups.values())
