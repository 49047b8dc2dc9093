"""From a recording to the stylus.

    reading      any file -> Take: mono, 50 kHz, sample 0 on sample 0
    curves       recording curves by their time constants
    head         the cutting head and its filter, backwards
    kernels      long FIR kernels, designed in the frequency domain, applied in blocks
    groovespace  swing, slope, curvature, current and voltage of a message, and their limits
    levelling    trimmed ends and an even voice        \\  one slowly
    limiter      a gain that keeps every limit         /   changing gain
    mastering    Take -> Programme: displacement in um and drive, 50 kHz, in scratch files

Units: a message is 1.0 at full scale; level 0 dB makes that 5 cm/s peak at 1 kHz; displacement is in um, outward.
"""
