"""The HTTP service of one package: strict input, one body for every error, keys, limits, metrics, logs."""
