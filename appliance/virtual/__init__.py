"""The virtual machine: a Pi that executes the chain's bytes, and a lathe that follows what was executed.

    engine -> door -> pi (native/virtual_bcm*.c) -> Executed: pulses and pin edges, block by block -> observers

    pi         the virtual Raspberry Pi behind native/door.h: memory, DMA, PWM, clocks, pins
    lathe      the engine on that Pi, and a thread that hands what was executed to the observers
    physics    an observer: head, platter, carriage and lift leave a groove file
    head, motors, linear   the tables and numbers that the C models of `physics` read
    trace      an observer: every word and edge, for outside judges
    interlock  the supervisor's own link and, in model time, the Pico at the other end of its line
    power      that Pico, its relay, and what it counts of what was executed

Time passes only when the engine sleeps, so a cut runs as fast as the computer can and ends in the same bytes every
time. Units: frames (5 us), microsteps, um at the stylus, mm at the carriage, radians at the platter. Only
`appliance.compose` may import this room.
"""
