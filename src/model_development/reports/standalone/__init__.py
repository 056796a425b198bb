"""A notebook per model that trains and predicts the same, with plain libraries and none of this package."""
