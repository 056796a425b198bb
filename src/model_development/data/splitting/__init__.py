"""Which row trains, validates, tests, and in which fold it is scored."""
