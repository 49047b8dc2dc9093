"""What surrounds the visits, each told to the loop as events.

sign    opening hours and a day's discs
knock   both pads held: an attendant wants in
cards   whose card is shown, found out beside the loop
vigil   whether every part still does something when there is something to do
"""
