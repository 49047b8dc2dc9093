"""Where the machine is put together: the one place that chooses between virtual and real, and never falls back."""

from appliance.compose.shop import GROOVE, PICTURE, SOUND, TRACE, Bench, Keeping, VirtualShop, try_out, workshop

__all__ = ['GROOVE', 'PICTURE', 'SOUND', 'TRACE', 'Bench', 'Keeping', 'VirtualShop', 'try_out', 'workshop']
