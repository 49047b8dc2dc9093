"""Cards and rings that are held to a reader."""
