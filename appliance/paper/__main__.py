"""The printing child: an order on standard input, its PDF on standard output; begun by `press`.

What is wrong is one line of JSON on standard error, and the exit code of its class.
"""

from __future__ import annotations

import json
import sys

from appliance.errors import AudioLetterError
from appliance.paper.daysheet import day_sheet
from appliance.paper.label import labels
from appliance.paper.orders import Label, Order, Slip, unpacked
from appliance.paper.sheet import Paper
from appliance.paper.slip import slip


def drawn(order: Order) -> Paper:
    """The pages."""
    if isinstance(order, Label):
        return labels(order)
    return slip(order) if isinstance(order, Slip) else day_sheet(order)


def main() -> int:
    try:
        sys.stdout.buffer.write(drawn(unpacked(sys.stdin.buffer.read())).pdf())
    except AudioLetterError as error:
        told = {'what': error.what, 'where': error.where, 'remedy': error.remedy}
        sys.stderr.write(json.dumps(told) + '\n')
        return error.exit_code
    return 0


if __name__ == '__main__':
    sys.exit(main())
