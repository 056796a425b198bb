"""How good the model is on the test rows, in every way that people ask for."""
