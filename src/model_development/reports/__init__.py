"""What people look at: charts and the executed notebook."""
