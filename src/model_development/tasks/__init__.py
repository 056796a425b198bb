"""The kinds of problem: everything that depends on what the target is."""
