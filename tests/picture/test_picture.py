"""The picture of the disc: what lies where, what shines when, and what it costs."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image

from appliance.errors import GrooveFileError, StorageError
from appliance.picture import draw
from appliance.picture.compose import Composer
from appliance.picture.grain import texture
from appliance.picture.ink import stamp
from appliance.picture.light import LAMPS
from appliance.picture.png import write_png
from appliance.picture.scene import PIXELS, Scene
from appliance.picture.sheet import SHEETS, Grain, sheet_of
from appliance.picture.track import EXAGGERATION, splat, spread, track, weights
from appliance.playback.groovefile import Groove, GrooveWriter

TURN_S = 60 / 78.26
FACTS = {
    'speed_rpm': 78.26, 'diameter_mm': 250.0, 'label_radius_mm': 51.0, 'material': 'xray', 'disc': 'xray-25',
}  # fmt: skip
MM_PER_PIXEL = 250.0 / 1800.0  # a disc fills nine tenths of the picture
MIDDLE = 999.5
LAMP = np.deg2rad(LAMPS[0].azimuth_deg)
DEPTH_UM = 75.0


@pytest.fixture
def groove_of(tmp_path):
    """Write and open a groove: radius from seconds, displacement in um at 50 kHz, facts changed at will."""
    opened = []

    def make(radius_mm, y_um, depth_um=DEPTH_UM, **facts):
        t = np.arange(len(y_um) // 25 + 1) / 2000
        writer = GrooveWriter(tmp_path / f'{len(opened)}.npz', {**FACTS, **facts})
        writer.displacement(np.asarray(y_um, np.float32))
        depth = np.broadcast_to(depth_um(t) if callable(depth_um) else depth_um, t.shape)
        writer.motion(2 * np.pi * t / TURN_S, np.broadcast_to(radius_mm(t), t.shape), depth)
        writer.close()
        opened.append(Groove(writer.path))
        return opened[-1]

    yield make
    for groove in opened:
        groove.close()


@pytest.fixture
def small(monkeypatch):
    """Pictures of a quarter of the size: enough where it is not looked at closely."""
    monkeypatch.setattr('appliance.picture.scene.PIXELS', 500)


def still(seconds):
    return np.zeros(round(seconds * 50_000))


def circle(radius_mm):
    return lambda t: radius_mm + 0 * t


def planes_of(groove):
    return splat(groove, Scene.of(groove))


def drawn(groove, tmp_path):
    """The picture in grey, after a look at its form."""
    draw(groove, tmp_path / 'disc.png')
    with Image.open(tmp_path / 'disc.png') as image:
        assert (image.format, image.mode) == ('PNG', 'RGB')
        return np.asarray(image, np.float32).mean(axis=2)


def pixel(radius_mm, azimuth_rad):
    """Row and column."""
    radius = radius_mm / MM_PER_PIXEL
    return round(MIDDLE - radius * np.sin(azimuth_rad)), round(MIDDLE + radius * np.cos(azimuth_rad))


def around(plane, radius_mm, azimuth_rad, half=2):
    """The mean of some pixels about a place."""
    row, column = pixel(radius_mm, azimuth_rad)
    return plane[row - half : row + half + 1, column - half : column + half + 1].mean()


def radii_mm():
    axis = (np.arange(PIXELS) - MIDDLE) * MM_PER_PIXEL
    return np.hypot(axis[None, :], axis[:, None])


# --- the track


def test_the_share_of_groove_is_its_area_and_lies_at_its_radius(groove_of):
    planes = planes_of(groove_of(circle(100.0), still(TURN_S)))
    by_hand = 2 * np.pi * 100.0 * 2 * DEPTH_UM / 1000 / MM_PER_PIXEL**2  # a right-angled cut: twice as wide as deep
    assert planes.real.sum() == pytest.approx(by_hand, rel=1e-3)
    off = np.abs(radii_mm()[planes.real > 0.02] - 100.0)
    assert off.max() < 1.6 * MM_PER_PIXEL
    assert planes.real[pixel(100.0, 0.3)] > 0.6


def test_where_the_head_is_half_down_the_groove_is_half_as_wide(groove_of):
    shallow = planes_of(groove_of(circle(100.0), still(TURN_S), depth_um=DEPTH_UM / 2)).real.sum()
    assert shallow == pytest.approx(planes_of(groove_of(circle(100.0), still(TURN_S))).real.sum() / 2, rel=1e-5)


def test_the_track_runs_against_the_clock_because_the_disc_turns_with_it(groove_of):
    share = planes_of(groove_of(circle(100.0), still(TURN_S / 4))).real
    assert around(share, 100.0, np.pi / 4) > 0.1
    assert share[1010:].sum() == 0
    assert share[:, :990].sum() == 0


def test_displacement_outward_moves_the_line_outward(groove_of):
    share = planes_of(groove_of(circle(100.0), np.full(40_000, 1000.0))).real
    assert (radii_mm() * share).sum() / share.sum() == pytest.approx(101.0, abs=0.01)


def test_direction_and_swing_are_mean_and_spread_of_the_slopes(groove_of):
    groove = groove_of(circle(100.0), np.random.default_rng(1).normal(size=4001).cumsum())
    points = next(track(groove, Scene.of(groove)))
    y, stride = groove.displacement(0, 4001).astype(float), 5  # 100 um at 20.5 um a sample on the rim
    sample_um = 2 * np.pi * 100e3 / TURN_S / 50_000
    slopes = EXAGGERATION * (np.diff(y) / sample_um).reshape(-1, stride)
    assert len(points.angle_rad) == 800
    np.testing.assert_allclose(np.tan(points.angle_rad - points.normal_rad), slopes.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(points.swing_rad, slopes.std(axis=1), atol=1e-5)


def test_blocks_join_without_a_gap(groove_of):
    groove = groove_of(circle(100.0), still(3.0), speed_rpm=100 / 3)  # so 11 samples a point, which divide no block
    angle = np.concatenate([points.angle_rad for points in track(groove, Scene.of(groove))])
    assert np.diff(angle) == pytest.approx(2 * np.pi / TURN_S * 11 / 50_000)
    assert angle[-1] == pytest.approx(2 * np.pi * 3.0 / TURN_S, abs=3e-3)


def test_the_kernel_keeps_mass_and_place():
    off = np.linspace(-0.5, 0.5, 11)
    before, at, after = weights(off)
    np.testing.assert_allclose(before + at + after, 1.0, atol=1e-6)
    np.testing.assert_allclose(after - before, off, atol=1e-6)
    planes = np.zeros((60, 80), np.complex64)
    values = np.full(4, 1 + 2j, np.complex64)
    spread(planes, np.array([40.3, -5.0, 79.2, 20.0]), np.array([20.7, 10.0, 5.0, 59.4]), values)
    rows, columns = np.indices(planes.shape)
    assert planes.sum() == pytest.approx(1 + 2j, rel=1e-5)  # what falls outside is left out
    assert (planes.real * columns).sum() == pytest.approx(40.3, abs=1e-3)
    assert (planes.real * rows).sum() == pytest.approx(20.7, abs=1e-3)


def test_turns_closer_than_two_pixels_do_not_beat_with_the_grid(groove_of):
    """170 um apart, 1.2 pixels: the shares of a smooth band, but for what the kernel leaves."""
    share = planes_of(groove_of(lambda t: 112.0 - 0.170 * t / TURN_S, still(40 * TURN_S))).real
    for azimuth in (0.0, np.pi / 2, 0.5):
        row, column = pixel(109.0, azimuth)
        patch = share[row - 8 : row + 9, column - 8 : column + 9]
        assert patch.mean() == pytest.approx(150 / 170, rel=0.03)
        assert patch.std() < 0.05


# --- light


def test_a_wall_shines_most_towards_the_lamp_and_away_from_it_and_a_swinging_one_in_a_wider_sector():
    lamp, azimuth = LAMPS[0], np.linspace(0, 2 * np.pi, 721)
    quiet, loud = lamp.shine(azimuth, np.zeros(721)), lamp.shine(azimuth, np.full(721, 0.25))
    assert azimuth[quiet.argmax()] % np.pi == pytest.approx(LAMP, abs=0.01)
    np.testing.assert_allclose(quiet[:360], quiet[360:720], atol=1e-9)
    assert quiet.max() > loud.max()
    beside = np.argmin(np.abs(azimuth - LAMP - 0.35))
    assert loud[beside] > 2 * quiet[beside]


def test_loud_turns_shine_beside_the_lamp_where_quiet_ones_are_dark(groove_of):
    t = np.arange(round(8 * TURN_S * 50_000)) / 50_000
    quiet, loud = (
        planes_of(groove_of(lambda s: 110.0 - 0.3 * s / TURN_S, 12 * level * np.sin(2 * np.pi * 1000 * t))).imag
        for level in (0, 1)
    )
    beside = LAMP + 0.3
    assert around(loud, 109.0, beside, 6) > 1.5 * around(quiet, 109.0, beside, 6) > 0
    assert around(loud, 109.0, LAMP, 6) < around(quiet, 109.0, LAMP, 6)


def test_a_swing_shorter_than_a_point_of_track_shines_beside_the_lamp_too(groove_of):
    fast = np.tile([0.0, 2.0, 1.0, -1.0, -2.0], 8_000)  # 10 kHz, a whole period in each stretch of 5 samples
    quiet, loud = (planes_of(groove_of(circle(110.0), level * fast)).imag for level in (0, 1))
    assert around(loud, 110.0, LAMP + 0.4, 6) > 1.5 * around(quiet, 110.0, LAMP + 0.4, 6) > 0


# --- the picture


def test_disc_groove_label_hole_and_table_are_where_they_belong(groove_of, tmp_path):
    """On black lacquer, which shows nothing else: a programme from 110 to 107 mm, bare sheet inside of it."""
    picture = drawn(groove_of(lambda t: 110.0 - 0.17 * t / TURN_S, still(18 * TURN_S), material='acetate'), tmp_path)
    assert picture.shape == (2000, 2000)
    table, bare = picture[20, 1000], around(picture, 85.0, 1.5)
    assert table > 150 > 80 > bare
    assert around(picture, 0.0, 0.0) > 150
    assert around(picture, 3.2, 2.0, 0) > 120 > around(picture, 4.2, 2.0, 0)
    assert around(picture, 108.5, LAMP) > 180
    assert around(picture, 108.5, LAMP + np.pi) > 180
    assert around(picture, 108.5, LAMP + np.pi / 3) < 140
    assert around(picture, 123.5, 1.5, 0) < 100 < around(picture, 125.6, 1.5, 0)
    radius = radii_mm()
    assert picture[(radius > 60) & (radius < 105)].max() < 90  # nothing strays


def test_groove_leaves_the_label_and_the_table_as_they_are(groove_of, tmp_path):
    bare = drawn(groove_of(circle(100.0), still(1.0), depth_um=0.0), tmp_path)
    cut = drawn(groove_of(lambda t: 118.0 - 0.5 * t, still(10.0)), tmp_path)
    changed, radius = bare != cut, radii_mm()
    assert changed[(radius > 111.9) & (radius < 117.9)].mean() > 0.5
    assert not changed[(radius < 111.0) | (radius > 119.0)].any()


def test_turns_of_the_lead_in_are_separate_lines(groove_of, tmp_path):
    picture = drawn(groove_of(lambda t: 120.0 - 2.0 * t / TURN_S, still(5 * TURN_S), material='acetate'), tmp_path)
    row, _ = pixel(0.0, 0.0)
    along = picture[row, round(MIDDLE + 110.5 / MM_PER_PIXEL) : round(MIDDLE + 120.5 / MM_PER_PIXEL)]
    lines = np.nonzero((along[1:-1] > along[:-2] + 3) & (along[1:-1] >= along[2:]) & (along[1:-1] > along.min() + 10))[
        0
    ]
    radii = 110.5 + (lines + 1) * MM_PER_PIXEL
    np.testing.assert_allclose(radii, [112.0, 114.0, 116.0, 118.0], atol=0.25)


def test_a_groove_cut_twice_in_one_place_is_no_wider():
    scene = Scene(500, 4 * MM_PER_PIXEL, 125.0, 51.0, 78.26, 'xray', '', 1)
    once = np.zeros((500, 500), np.complex64)
    once[100:200, 250] = 1 + 0.3j
    first, second = (np.concatenate(list(Composer(scene, sheet_of('xray')).bands(n * once))) for n in (1, 9))
    assert np.array_equal(first, second)


@pytest.mark.parametrize('y_um', [[], [0.0], still(0.01)], ids=['empty', 'one sample', 'head never down'])
def test_without_a_groove_the_sheet_is_bare(small, groove_of, tmp_path, y_um):
    groove = groove_of(circle(100.0), y_um, depth_um=0.0)
    assert not planes_of(groove).any()
    assert 20 < drawn(groove, tmp_path).mean() < 200


def test_every_material_has_its_own_look_and_only_film_a_ghost():
    looks = {}
    for material in [*SHEETS, 'cheese']:
        scene = Scene(500, 4 * MM_PER_PIXEL, 125.0, 51.0, 78.26, material, '', 1)
        nothing = np.zeros((500, 500), np.complex64)
        middle = np.concatenate(list(Composer(scene, sheet_of(material)).bands(nothing)))[150:350, 150:350]
        looks[material] = middle.mean(axis=(0, 1)), middle.mean(axis=2).std()
    colours = np.array([colour for colour, _ in looks.values()])
    apart = np.abs(colours[:, None] - colours[None]).max(axis=2)
    assert apart[~np.eye(len(colours), dtype=bool)].min() > 8
    assert colours[list(looks).index('acetate')].max() < 60 < colours[list(looks).index('aluminium')].min()
    assert looks['xray'][1] > 1.5 * max(spread for name, (_, spread) in looks.items() if name != 'xray')


def test_two_letters_have_two_ghosts_and_both_kinds_appear():
    scene = Scene(PIXELS, MM_PER_PIXEL, 125.0, 51.0, 78.26, 'xray', '', 0)
    ghosts = [texture(Grain.RADIOGRAPH, scene, np.random.Generator(np.random.PCG64(seed))) for seed in range(8)]
    for ghost in ghosts:
        assert 0.0 <= ghost.min() < 0.45  # bone
        assert 0.9 < ghost.max() <= 1.0  # air
    black = [float((ghost > 0.98).mean()) for ghost in ghosts]
    assert min(black) < 0.2 < 0.4 < max(black)  # around a hand there is much air, in a chest little
    assert len({ghost.tobytes() for ghost in ghosts}) == 8


def test_the_stamp_stands_above_and_below_the_hole_and_clear_of_both_edges():
    scene = Scene(PIXELS, MM_PER_PIXEL, 125.0, 51.0, 78.26, 'xray', '78.26 rpm', 0)
    ink = stamp(scene)
    axis = (np.arange(len(ink)) - len(ink) / 2 + 0.5) * MM_PER_PIXEL
    radius = np.hypot(axis[None, :], axis[:, None])[ink > 0.1]
    assert 10 < radius.min() < radius.max() < 40
    half = len(ink) // 2
    assert ink[:half].sum() > 50 < ink[half:].sum()
    assert ink[:, : half // 3].sum() == 0


def test_the_legend_tells_number_speed_and_length(groove_of):
    scene = Scene.of(groove_of(circle(90.0), still(0.1), number=12, letter_s=65.4, speed_rpm=100 / 3))
    assert scene.legend == 'No. 12  ·  33.33 rpm  ·  1:05'


def test_a_small_disc_fills_the_picture_too(small, groove_of, tmp_path):
    groove = groove_of(circle(60.0), still(TURN_S), diameter_mm=170.0, label_radius_mm=20.0, material='acetate')
    assert Scene.of(groove).mm_per_pixel == pytest.approx(170.0 / 450.0)
    picture = drawn(groove, tmp_path)
    assert picture[250, 28] < 100 < picture[250, 20]


# --- what it costs, and what goes wrong


def test_equal_grooves_give_equal_bytes(small, groove_of, tmp_path):
    for name in 'ab':
        draw(groove_of(lambda t: 110.0 - t, still(0.5)), tmp_path / f'{name}.png')
    assert (tmp_path / 'a.png').read_bytes() == (tmp_path / 'b.png').read_bytes()


def test_memory_is_that_of_the_picture_not_of_the_groove(groove_of, tmp_path):
    groove = groove_of(lambda t: 120.0 - 0.2 * t, still(60.0))
    tracemalloc.start()
    try:
        draw(groove, tmp_path / 'disc.png')
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 55e6


@pytest.mark.parametrize('missing', ['diameter_mm', 'label_radius_mm', 'speed_rpm', 'material'])
def test_a_groove_that_does_not_tell_its_disc_is_refused(small, groove_of, tmp_path, missing):
    groove = groove_of(circle(100.0), still(0.1))
    del groove.facts[missing]
    with pytest.raises(GrooveFileError, match=missing):
        draw(groove, tmp_path / 'disc.png')
    assert not list(tmp_path.glob('disc.png*'))


def test_where_nothing_can_be_written_it_is_said_and_nothing_stays(small, groove_of, tmp_path):
    groove = groove_of(circle(100.0), still(0.1))
    with pytest.raises(StorageError, match=r'none/disc\.png'):
        draw(groove, tmp_path / 'none' / 'disc.png')


def test_a_full_disk_leaves_no_half_picture(small, groove_of, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, 'No space left on device')

    groove = groove_of(circle(100.0), still(0.1))
    monkeypatch.setattr('appliance.picture.png._chunk', full)
    with pytest.raises(StorageError, match='No space left'):
        draw(groove, tmp_path / 'disc.png')
    assert not list(tmp_path.glob('disc.png*'))


def test_png_is_read_back_bit_for_bit_by_another_program(tmp_path):
    pixels = np.random.default_rng(4).integers(0, 256, (30, 17, 3), np.uint8)
    write_png(tmp_path / 'a.png', (17, 30), [pixels[:7], pixels[7:8], pixels[8:]])
    with Image.open(tmp_path / 'a.png') as image:
        assert np.array_equal(np.asarray(image), pixels)
