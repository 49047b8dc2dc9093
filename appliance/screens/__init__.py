"""What the visitor sees: pure functions from a `View` to an image of 320 x 240."""
