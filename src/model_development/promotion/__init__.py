"""The way into production: a gate that models must pass, and a registry that remembers who passed it."""
