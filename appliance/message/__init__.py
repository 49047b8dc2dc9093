"""The visitor's voice: a take in memory until it is kept, then a letter on disk with a line in the ledger."""
