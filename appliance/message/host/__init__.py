"""What the host keeps in the ledger beside the letters: where they go to, what is used up, what was done and by whom.

addresses    to whom a letter is to be posted: apart from the audio, and gone when that goes
counters     blanks, stylus, swarf bin: what is left, and who has seen to it
figures      what a day was like
"""

from appliance.message.host.addresses import Address, Addresses
from appliance.message.host.counters import Bin, Counters, Stylus
from appliance.message.host.figures import Day, Figures, Span

__all__ = ['Address', 'Addresses', 'Bin', 'Counters', 'Day', 'Figures', 'Span', 'Stylus']
