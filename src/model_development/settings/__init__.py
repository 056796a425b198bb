"""What was asked: context file, settings, notebook parameters."""
