"""Messages: takes in memory, letters on disk, and the ledger of both.

    takes     what is being said and is not kept: in memory, gone with the power
      │ keep
    shelf     letters/000217/: letter.wav (`bwf`), master.npz, and disc-N/ for each disc (N: its row in the ledger)
    ledger    one row a letter, one a disc (`discs`), logs that end, facts; `ledger.sqlite`, version by version
    host/     addresses, counters, figures of a day, backup and restore

    stores    all of it in the words of a visit, for the one thread that owns it (`kiosk.archivist`)
    recovery  what a crash or a power cut has left, before the first visitor comes
    retention how long letters stay, in days that the booth has lived, and how one is forgotten
    disk      the one door to the file system

A number is given once, whatever is damaged or forgotten. Times: `at_s` seconds since 1970 as the computer believed,
`lived_s` seconds that the booth has run in all, `date` only where somebody had set the clock.
"""

from appliance.message.disk import Disk
from appliance.message.stores import Stores
from appliance.message.takes import OpenTake
from appliance.message.values import AGAIN, COPIES, Copy, Keeping, Letter, Master, Recovered, Room, Take

__all__ = [
    'AGAIN',
    'COPIES',
    'Copy',
    'Disk',
    'Keeping',
    'Letter',
    'Master',
    'OpenTake',
    'Recovered',
    'Room',
    'Stores',
    'Take',
]
