"""A real machine, put together: a Raspberry Pi's registers, a microcontroller as interlock, the usual shop in front.

site     where the parts are found, and what holds them from power-up to power-off
shop     one cut on it, with a virtual twin that foretells groove, picture and sound
standby  what the cutter's child says of the interlock between its orders
live     where the stylus is, by the steps that were given out; whether the platter follows them
"""
