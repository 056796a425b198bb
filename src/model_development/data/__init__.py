"""From a file to checked, split rows and numeric features."""
