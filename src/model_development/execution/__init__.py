"""On which workers calls run, and what the machine has."""
