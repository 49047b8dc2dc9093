"""The booth's hardware: one interface for each door, and what drives it on a Pi. `appliance.virtual.booth` has the
same doors on a laptop; which of them stand is chosen in `appliance.compose` alone.
"""
