"""Lid, stop button and the power that hangs on them, as the lathe sees them: `link.Link`, three calls.

The interlock itself is hardware that needs no program to take the power away; a link only asks and reports, and what
is unknown, missing or late reads as open. The one link in this version is the virtual machine's
(`appliance/virtual/interlock.py`); the lathe asks it before a cut and all through it.
"""
