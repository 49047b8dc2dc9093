"""What the host keeps in the ledger beside the letters: where they go to, what is used up, what was done and by whom.

addresses    to whom a letter is to be posted: apart from the audio, and gone when that goes
counters     blanks, stylus, swarf bin: what is left, and who has seen to it
figures      what a day was like
deeds        what the host's people did
backup, restore, copying, stick    all of it elsewhere and back again, and one letter for whoever spoke it

Each disc is a row (`message.discs`): a second copy is no. `217-2`, one of an edition `217 3/10`; a spoiled one leaves
its number to the next. Master and plan of the first disc lie beside the letter (`cut.master`, 200 kB a second), so
that a copy is the same to the byte, also years later; on another machine or disc it is planned anew, and says so.

An address goes with its letter, by hand or by retention, to the last byte; so does a damaged ledger that was set
aside and may hold one. Days are those of the calendar where somebody had set the clock, else 24 hours of running.

A backup is taken while the booth goes on, with a digest of each file, and read back before it has its name. What is
restored overwrites no number, and makes an empty card what the other was. A stick that is pulled out in the middle
leaves nothing that counts, and nothing is written where it was.
"""

from appliance.message.host.addresses import Address, Addresses
from appliance.message.host.counters import Bin, Counters, Stylus
from appliance.message.host.figures import Day, Figures, Span

__all__ = ['Address', 'Addresses', 'Bin', 'Counters', 'Day', 'Figures', 'Span', 'Stylus']
