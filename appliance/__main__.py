"""`python -m appliance` and `audioletter`: hands the words of the command line to `appliance.commands`."""

import sys

from appliance.commands import main

if __name__ == '__main__':
    sys.exit(main())
