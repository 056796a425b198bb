"""Phase 1: train every model alike, compare, choose the best."""
