"""Phase 2: search around the best model, hand over what is found."""
