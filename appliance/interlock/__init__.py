"""The interlock: a Raspberry Pi Pico that alone lets power reach motors and head, and the link to it.

`guard` is its mind (pure, no hardware, no clock) and `wire` the lines on its serial line; both run under MicroPython as
they are and under CPython in the virtual machine and the tests. `boot/interlock/` holds what touches the Pico's pins,
`firmware` puts all of it together with the wiring of a machine file. On this side of the line, `pico` asks for power
for as long as the supervisor lives, `watch` looks while nothing moves, `causes` has the words, `port` is the
line itself.

What is unknown, missing, late or inconsistent gives no power; the lathe sees all of it through `link.Link`.
"""
