"""What stands on paper (labels, slips, the sheet of a day) and beside a copy on a stick, in English: the key of every
catalogue.

Placeholders: {number} {year} {month} {day} {rpm} {um} {file}, filled by `appliance.paper`.
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
    'copy': 'This is a copy of audio letter no. {number}. You asked for it, and it is yours alone.',
    'copy letter': '{file}: your voice, as you spoke it.',
    'copy disc': '{file}: your voice, as your disc sounds.',
    'copy picture': '{file}: a picture of the groove on your disc.',
    'copy booth': 'The booth notes that a copy was made, and sends nothing anywhere.',
}
