"""Phase 3: open the test rows once; evaluate, decide, explain, report."""
