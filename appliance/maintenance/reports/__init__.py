"""What is told of the booth to whoever looks for a cause: its log, what journald has kept, and all of it in a file."""
