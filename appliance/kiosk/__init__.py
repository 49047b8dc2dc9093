"""The supervisor: one loop that turns what happens into events, lets the workflow decide, and does what it says."""
