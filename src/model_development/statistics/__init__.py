"""How sure the numbers are: intervals and tests, each made in one way."""
