"""The host's shell: a thin client of a booth that runs, on a terminal, in a pipe, or at the end of an SSH connection.

    words (typed, piped, or SSH_ORIGINAL_COMMAND) -> link: lines to the booth's desk and back (`appliance.desk`)
                                                  -> errand: one command from its first word to its end
                                                  -> printing: what it says, as fits a terminal, a file or a program

It knows no command: completion, help, questions and errors all come from the booth. Nothing in it starts a program,
opens an editor or a pager, or expands a word; the one way to a system shell is `way_out`, for keys that the host names
in a settings file.

`session` is a person at a terminal (prompt_toolkit and rich, imported only there); `batch` is everything else.
"""
