"""The command line: one row per command; scripts are three lines each."""
