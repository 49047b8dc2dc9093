"""What surrounds the visits: opening hours and a day's discs, who knocks, and whose card is shown."""
