"""Every wire of a machine, from its file: which pin, to what, in which colour; as a table, as a picture, and as what
must arrive at its other end.

    machine file ─▶ table ─┬▶ text, picture (for whoever solders)
                           └▶ judge: what was driven and what arrived ─▶ the name of the wire that is broken

Nothing here is typed a second time: table, picture, guide (`boot/BUILDING.md`) and `audioletter doctor` read the pins
that the engine and the interlock's firmware get.
"""

from appliance.wires.table import Wire, wires_of

__all__ = ['Wire', 'wires_of']
