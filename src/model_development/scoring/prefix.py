"""Which combinations can share their fits: those that differ in the shared parameters alone."""


def group_by_shared_fit(numbered, shared=(), in_effect=dict):
    """Return lists of (number, params) that differ in `shared` only, in order of first occurrence.

    numbered : (number, dict of parameters) of each combination. shared : names of parameters; a combination
    that names none of them shares nothing. in_effect : (params) -> what a library makes of them, where it
    takes different ones for the same.

    >>> group_by_shared_fit([(1, {"n": 50, "d": 3}), (2, {"n": 50, "d": 5}), (3, {"n": 100, "d": 3})], ["n"])
    [[(1, {'n': 50, 'd': 3}), (3, {'n': 100, 'd': 3})], [(2, {'n': 50, 'd': 5})]]
    """
    groups = {}
    for number, params in numbered:
        rest = tuple(sorted((k, repr(v)) for k, v in in_effect(params).items() if k not in shared))
        key = rest if set(shared) & set(params) else number
        groups.setdefault(key, []).append((number, params))
    return list(groups.values())
