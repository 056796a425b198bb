"""What each column is, and its values as numbers and text."""
