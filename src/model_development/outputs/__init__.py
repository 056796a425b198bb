"""What goes with a model's outputs: decisions by a policy, prediction intervals, prediction sets."""
