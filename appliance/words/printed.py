"""What stands on paper: labels, slips and the sheet of a day, in English (the key of every catalogue).

Placeholders: {number} {year} {month} {day} {rpm} {um}, filled by `appliance.paper`.
"""

from __future__ import annotations

PRINTED: dict[str, str] = {
    'letter': 'Audio letter',
    'number': 'Letter no. {number}',
    'date': '{year}-{month}-{day}',
    'from': 'From',
    'to': 'To',
    'speed': '{rpm} rpm',
    'coarse': 'Coarse groove: play it with a needle for 78s ({um} µm, sold as 3 mil)',
    'fine': 'Fine groove: play it with a needle for LPs ({um} µm, sold as 0.7 mil)',
    'sleeve': 'In here is a voice, cut into a disc',
    'bend': 'Phonograph disc: please do not bend',
    'day sheet': 'Day sheet',
    'lived': 'Day {day} of running',
    'letters': 'Letters kept',
    'walked away': 'Visitors who walked away',
    'discs': 'Discs cut',
    'spoiled': 'Discs spoiled',
    'void': 'Found to be no good later',
    'blanks': 'Blanks used',
    'blanks left': 'Blanks left',
    'stylus': 'Minutes the stylus has cut',
    'not counted': 'not counted',
    'notes': 'Notes',
}
