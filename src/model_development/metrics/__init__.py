"""The table of metrics, their definitions, and their vectorised form."""
