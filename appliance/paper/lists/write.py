"""Addresses become text that any spreadsheet opens, and computes nothing of.

Source: OWASP, "CSV Injection": a cell that begins with = + - or @ is run as a formula by whoever opens the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from appliance.message.host import Address
from appliance.paper.lists.read import FORMULA, KNOWN, LINES


def written(addresses: Mapping[int, Address]) -> bytes:
    """UTF-8 with its mark, which spreadsheets go by; the same again when it is read."""
    text = io.StringIO(newline='')
    writer = csv.writer(text)
    writer.writerow(KNOWN)
    for number, address in sorted(addresses.items()):
        told = {'number': str(number), 'country': address.country, 'language': address.language, 'note': address.note}
        for name, lines in (('to', address.recipient), ('from', address.sender)):
            for count, line in enumerate(lines[:LINES]):
                told[name if not count else f'{name}{count + 1}'] = line
        writer.writerow([_harmless(told.get(name, '')) for name in KNOWN])
    return text.getvalue().encode('utf-8-sig')


def _harmless(cell: str) -> str:
    """As a text; `read` takes the mark away again, also where there was one before."""
    return f"'{cell}" if cell.lstrip("'")[:1] in FORMULA else cell
