"""The story of monitoring: rows that a model was asked about, what came true, and what is to be done."""
