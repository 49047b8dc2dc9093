"""The path of the head: what the message demands, the tightest spiral, the side around it, and the choice of speed.

    displacement (um) -> demand (um, a bin of a turn) -> spiral (mm) -> layout -> land -> Plan: radius_mm(t_s)

    demand   how far each turn must keep from the one before
    spiral   the least travel that keeps it: here a turn of the message gets its pitch
    layout   lead-in, run-out and locked groove joined to it, as one path of cubic pieces
    land     what is left between the walls, measured at the full rate of the sound
    planner  the four in a row, again where land came out short
    choose   the same at several speeds and levels, and which of them will sound best
    plan     the value that comes out

Units: seconds from the first sample of the message; radius and travel in mm; widths, land and displacement in um.
Radius and displacement grow outward, travel inward. Steps and frames are of `appliance.timeline`.
"""
