"""The desk: where the host's commands come in, and what they may do with the booth.

    shell (a thin client) -> server: one Unix socket in the run folder
                          -> lines, reading, writing: what a line means, and how it is written
                          -> book: the commands, their syntax read from their functions
                          -> the desk itself: snapshot, events, stores, lathe, speaker of the running kiosk

A command runs in its session's thread; it may wait as long as it likes. The kiosk's loop waits for nobody.

Protocol, version 1. Lines of JSON in UTF-8, each an object, at most 64 KiB with its line feed.

    server  {"hello": "audioletter", "protocol": 1, "version": "0.1.0"}
    client  {"protocol": 1, "who": "anna", "width": 80, "terminal": true}
    client  {"width": 40}                                   a terminal's window is another now
    client  {"id": 7, "do": ["letters", "show", "217"]}     words, split already; nothing in them means anything more
    server  {"id": 7, "say": {"kind": "line", "text": "..."}}                                 any number of these
            {"id": 7, "say": {"kind": "facts", "facts": {"state": "attract", ...}}}           in their order
            {"id": 7, "say": {"kind": "table", "columns": ["number", ...], "rows": [[217, ...], ...]}}
            {"id": 7, "say": {"kind": "blob", "name": "label.pdf", "data": "BASE64", "more": false}}
    server  {"id": 7, "ask": "Forget letter no. 217 for good?"}     client  {"id": 7, "answer": true}
    server  {"id": 7, "want": "input"}                              client  {"id": 7, "input": "BASE64", "more": false}
    client  {"id": 7, "cancel": true}                               at any time: what it does is stopped
    server  {"id": 7, "end": {"code": 0}}                           the last of this id
            {"id": 7, "end": {"code": 2, "what": "...", "where": "...", "remedy": "...", "private": true}}
    server  {"note": "..."}                                         at any time: somebody has taken over, say
            {"state": "attract", "command": "anna", "yours": true}  to a terminal, for its prompt, whenever it changes
    client  {"id": 8, "complete": "letters sh"}                     server  {"id": 8, "choices": ["show"]}
    server  {"error": "..."}                                        and it hangs up: what came was no line of these

A session does one thing after another and keeps a few waiting; an urgent command (`stop`) is done beside them. What was
cancelled ends with code 130. A client that hangs up, or shuts its side down, has cancelled everything. "private": the
words of that command belong in no history.

A file that is too long for one line comes in several: all but the last have "more": true. Columns and names of facts
are the same for people and programs; `--json` among the words tells a command that a program reads (numbers are not
rounded then), and the client to print values as they came. A value is a text, a number, true, false or null.
"""
