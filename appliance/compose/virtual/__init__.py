"""The virtual machine as a shop that cuts on it, a bed that hands move, and what is seen of either while it moves."""
