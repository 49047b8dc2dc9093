"""What stands between the virtual Pi and the virtual motors: the Pico that counts what was executed, and its relay.

pico, quick   the interlock's own loop and mind, over contacts and sensors that can be worked
relay         what it lets through to motors and head
wired         the engine's link: at each look the Pico lives through what was executed since
signs         of life of the supervisor: the machine's time stands still while they are missing
conveyor      what was executed, on its way from the thread that drives the board to the one that shows it
"""
