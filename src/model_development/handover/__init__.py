"""Everything that leaves this process: context file, artifacts folder, MLflow."""
