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

Pure, but for the files of test cuts: who carries the orders out is `appliance.compose.hands`.
"""
