"""Can what is learnt from this table be believed? Checks with a verdict, before any training."""
