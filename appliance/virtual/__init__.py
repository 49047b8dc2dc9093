"""The virtual machine: a Pi that executes the chain's bytes, and a lathe that follows what was executed."""
