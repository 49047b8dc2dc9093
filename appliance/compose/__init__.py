"""Where machine and booth are put together, each part virtual or real as asked for, never the one for the other.

machines         the one place that chooses between the virtual machine and the real one
shop, bed        what both have in common: one cut, and what outlives it; what stops either from outside
virtual, real    the two of them
hands, trial     a maintainer's movements and test cuts
cutter_child     the process that cuts
booth            the supervisor and its parts; handles, script and headless work a virtual one
doctor           what is well, wire by wire
"""
