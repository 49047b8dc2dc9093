"""What surrounds the visits, each told to the loop as events.

sign    opening hours and a day's discs
knock   both pads held: an attendant wants in
cards   whose card is shown, found out beside the loop
standby how the interlock stands while nothing moves, as whoever owns its line tells
vigil   whether every part still does something when there is something to do
"""
