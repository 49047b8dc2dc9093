"""What a maintainer's hands do with the machine: move an axis, cut a test, measure the platter, listen to the room.

    orders     what may be asked of the cutter's child, and what it answers: frozen values
    limits     what is refused before anything moves, in one sentence with the limit
    signals    the sounds of test cuts
    band       the narrow ring of a scrap disc that a test cut takes, and which one is free
    figures    what a test cut says of the machine, each figure with its limit
    speed      the platter's speed by its index sensor, and what the machine file should say
    listening  the microphone: noise of the room, level of a voice, hum
    touch      bounces of each pad and button
    pins       every pin, its level and what it means

Pure, but for the files of test cuts. Orders go to the cutter's child, which refuses what is past a limit, executes the
rest as control blocks like any cut (`appliance.compose.hands`, `appliance.compose.trial`), and asks the pins that were
executed whether head and power are off. A session that ends, the lid, the stop or a killed supervisor ramp it down at
once. The virtual machine has faults to find: `inject` knows `slip`, a belt that creeps by 2 %.
"""
