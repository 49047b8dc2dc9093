"""Colours: a lamp-lit shop. Every pair of text and ground that is used stands in PAIRS, and is 7:1 or better."""

from __future__ import annotations

GROUND = '#17110b'  # stained wood
CREAM = '#f6ead0'  # enamel
DIM = '#c9b48c'
RED = '#8f1d12'  # the record button, lit; and the sign
BRIGHT = '#ff5a3c'  # never text: needle, play head, level
GREEN = '#6fae5c'  # never text: a good level
FILM = '#2b3440'  # X-ray film
GROOVE = '#9fc0d8'
PAD = '#2a2118'
DARK = '#000000'

PAIRS = ((CREAM, GROUND), (DIM, GROUND), (CREAM, RED), (CREAM, PAD))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, 'relative luminance')."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2, 'contrast ratio')."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
