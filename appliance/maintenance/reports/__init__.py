"""What is told of the booth to whoever looks for a cause.

moments    times as a host writes them
journald   what the log held before the booth was started
support    all of it in a file: never a voice, an address, a key, or what lets somebody in
"""
