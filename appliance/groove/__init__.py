"""The path of the head: what the message demands, the tightest spiral, the side around it, and the choice of speed."""
