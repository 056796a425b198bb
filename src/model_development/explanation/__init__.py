"""Why a model says what it says, in the columns that people know: EXPLANATIONS."""
