"""Paper: the label for disc and sleeve, the slip for the packet, the sheet of a day; and lists of addresses.

    orders      what is to be printed, frozen          press    begins the child that prints: no library of its own here
    fonts       which font has which letter            lists/   addresses in and out as CSV
    setting     text wrapped and shrunk to its box
    sheet       the one door to the library that writes PDF: millimetres, type, codes, pictures
    emblem      the booth's own: a letter in its groove
    label, slip, daysheet      what stands where

Millimetres from the lower left corner, type in points. Everything that is drawn notes its place (`sheet.Taken`), so
that tests see what lies over what. Text that does not fit and letters that no font has are errors, never cut off or
boxes.

The code on a label is the text `AL:` and the letter's number, `AL:217`: a QR code of level H, which a third of it may
be lost of. It tells no more than the number beside it.
"""
