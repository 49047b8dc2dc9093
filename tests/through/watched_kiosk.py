"""`audioletter kiosk` as it is, but for its cutter's child, which is watched, and for the script of what it shows."""

import functools
import os
import sys
from pathlib import Path

from appliance.commands import main
from appliance.compose import booth, handles
from appliance.kiosk.cutter import Cutter

if __name__ == '__main__':
    booth.Cutter = functools.partial(Cutter, ('-m', 'tests.through.watched_child'))
    handles.demonstration = Path(os.environ['THROUGH_SCRIPT']).read_text
    handles.sample_file = lambda: Path(os.environ['THROUGH_LETTER'])
    sys.exit(main(sys.argv[1:]))
