"""Lists of addresses as CSV: what a spreadsheet writes comes in, and what goes out is safe to open in one.

    decode    bytes of an unknown encoding become text, or the host is asked which
    read      text becomes addresses; what is wrong is named with its line, and then nothing is taken
    write     addresses become text

A file has a line of names first, in any order, separated by commas, semicolons or tabs:

    number                 of the letter; every line has one
    to, to2 ... to8        lines of the address; a cell may also hold several lines
    from, from2 ... from8  likewise
    country, language, note
"""

from appliance.paper.lists.decode import ENCODINGS, Encoding, decoded
from appliance.paper.lists.read import Entry, entries
from appliance.paper.lists.write import written

__all__ = ['ENCODINGS', 'Encoding', 'Entry', 'decoded', 'entries', 'written']
