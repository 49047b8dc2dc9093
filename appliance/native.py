"""The only door to the C core: the compiled module, and the one funnel for its errors.

C reports an error as a sentence (a pointer to text) and success as NULL, so no code table exists on either side.
"""

from __future__ import annotations

from typing import Any

from appliance._native import ffi as _ffi
from appliance._native import lib as _lib
from appliance.errors import NativeError

ffi: Any = _ffi
lib: Any = _lib


def check(sentence: Any) -> None:
    """Raise NativeError with the core's own words unless `sentence` is NULL."""
    if sentence != ffi.NULL:
        raise NativeError(ffi.string(sentence).decode('utf-8'))
