"""Messages: takes in memory, letters on disk, and the ledger of both."""

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
