"""What the gate looks at: a module for each kind of threshold."""
