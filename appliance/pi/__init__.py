"""A real Raspberry Pi: what board it is and who else uses it, uncached memory, and the door.

Registers and memory are C (`native/real_pi.c`); the engine above them is the one that drives the virtual Pi. What is
asked of the board here is asked once, before a cut: device tree, kernel modules, the firmware's mailbox. All of it
reads files below a root that tests hand in.

    board    chip and addresses from the device tree; boards that will not do are refused in one sentence
    rivals   who else may use the PWM or our DMA channel, and what to change
    reserved chain memory that the device tree sets apart
    mailbox  the firmware's property calls
    memory   chain memory that the firmware gives: it outlives the process, and the next start finds and frees it
    real     all of it together: a `struct door *` for `lathe.EngineLathe`
"""
