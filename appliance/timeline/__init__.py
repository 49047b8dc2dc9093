"""The score of a cut: every movement, edge and sample of it on one integer clock, the frame (5 us)."""
