"""Letters and days to print."""

from appliance.paper.orders import Day, House, Subject

BOOTH = ('Audio Letters', 'Nevsky Prospect 28', '191186 Sankt-Peterburg')
HOUSE = House(sender=BOOTH)
LETTER = Subject(
    number=217, date='2026-11-27', at_s=1_795_773_600.0, sender=('Anna Żółkiewska', 'ul. Długa 5', '00-238 Warszawa'),
    recipient=('Γιώργος Παπαδόπουλος', 'Οδός Ερμού 12', '105 63 Αθήνα'), country='GREECE', rpm=78.26, stylus_um=63.5,
)  # fmt: skip
EAST = Subject(
    number=1_234_567, date='2026-11-27', at_s=1.8e9, sender=('髙橋 花子',),
    recipient=('山﨑 太郎 様', '〒604-8551', '京都府京都市中京区寺町通御池上る上本能寺前町488番地'), country='JAPAN',
    rpm=33.333, stylus_um=18.0, label_radius_mm=46.5,
)  # fmt: skip
WORDY = 'Wolfeschlegelsteinhausenbergerdorff Żółć of the Long Street at the End of the World, Third Door Up X'
LINE = (WORDY * 2)[:100]
LONG = Subject(
    number=9_999_999, date='2026-11-27', sender=(LINE,) * 6, recipient=(LINE,) * 8, country='Ελληνική Δημοκρατία',
    rpm=33.333, stylus_um=18.0,
)  # fmt: skip
SOLID = Subject(number=5, sender=('W' * 60,), recipient=('Ш' * 60, 'あ' * 60), rpm=45.0, stylus_um=63.5)
BARE = Subject(number=1)
DAY = Day(
    day='2026-11-27', letters=tuple((number, 'kept') for number in (*range(200, 231), 240, 245)),
    walked_away={'listen': 4, 'level check': 2, 'load disc': 1}, discs=33, spoiled={'lid': 2, 'stop': 1}, blanks=36,
    blanks_left=14, stylus_s=3301.0,
)  # fmt: skip
CROWDED = Day(
    day='2026-11-27', letters=tuple((number, 'kept') for number in range(1, 2000, 3)), spoiled={'lid': 3, '': 1},
    walked_away={f'step {number}': number for number in range(60)}, blanks=1, stylus_s=3.0,
)  # fmt: skip
