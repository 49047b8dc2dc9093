"""What the booth says, on the screen and aloud, in every language it knows."""
