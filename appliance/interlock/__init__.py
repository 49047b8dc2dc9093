"""Lid, stop button and the power that hangs on them: what the booth knows of its interlock."""
