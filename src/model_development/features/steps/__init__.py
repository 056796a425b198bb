"""Steps between the clean table and the preprocessor of a model: columns are made of others, or left out."""
