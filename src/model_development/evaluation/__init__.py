"""What a final model is worth on the test rows, where it fails, and which decisions follow: ANALYSES."""
