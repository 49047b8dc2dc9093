"""Audio Letters: a booth that takes a spoken message and cuts it on a disc while the visitor waits."""
