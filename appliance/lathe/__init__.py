"""Whatever cuts, real or virtual, behind five methods: the C engine above the door to a Raspberry Pi.

    Score -> EngineLathe -> native/engine.c (feeder thread) -> chain.c: control blocks -> door -> DMA, PWM, GPIO

`settings` turns the machine file into the engine's numbers, `native_score` a score into its arrays, `engine` runs them.
"""
