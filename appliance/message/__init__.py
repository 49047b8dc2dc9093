"""Messages: takes in memory, letters on disk, and the ledger of both."""

from appliance.message.disk import Disk
from appliance.message.stores import Stores
from appliance.message.takes import OpenTake
from appliance.message.values import AGAIN, Keeping, Letter, Recovered, Room, Take

__all__ = ['AGAIN', 'Disk', 'Keeping', 'Letter', 'OpenTake', 'Recovered', 'Room', 'Stores', 'Take']
