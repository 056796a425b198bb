"""From a file to checked, split rows."""
