"""First of all, before anything can go wrong: no power, head up."""

from machine import Pin
from wiring import LIFT, RELAY

for number in (RELAY, LIFT):
    Pin(number, Pin.OUT, value=0)
