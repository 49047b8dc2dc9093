"""Whether what serves the page is installed."""

from __future__ import annotations

import importlib.util

from appliance.errors import OptionError


def need_library() -> None:
    """OptionError when it is not."""
    if importlib.util.find_spec('aiohttp') is None:
        raise OptionError(
            'the page of the booth needs aiohttp, which is not installed',
            remedy="start it with ./tools/kiosk, or: pip install 'audioletter[kiosk]'",
        )
