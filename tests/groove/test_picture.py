"""The picture of the disc: what lies where, what shines when, and what it costs."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image

from appliance.errors import GrooveFileError, StorageError
from appliance.groove.film import GHOST_PX, MATERIALS, enlarge, hand
from appliance.groove.groovefile import Groove, GrooveWriter
from appliance.groove.picture import SIZE_PX, Cut, View, draw, engrave, mirrored, splat, spline_weights, swing
from appliance.groove.png import write_png

TURN_S = 60 / 78.26
VIEW = View(SIZE_PX * 0.94 / 250.0, 125.0, 51.0)


@pytest.fixture
def groove_of(tmp_path):
    """Write and open a groove: radius from seconds, displacement in um, facts changed at will."""
    opened = []

    def make(radius_mm, y_um, **facts):
        seconds = len(y_um) / 50_000
        t = np.arange(round(seconds * 2000) + 1) / 2000
        path = tmp_path / f'{len(opened)}.npz'
        known = {
            'speed_rpm': 78.26, 'groove_width_um': 150.0, 'diameter_mm': 250.0, 'label_radius_mm': 51.0,
            'material': 'xray', 'disc': 'xray-25',
        }  # fmt: skip
        writer = GrooveWriter(path, {**known, **facts})
        writer.displacement(np.asarray(y_um, np.float32))
        depth = np.minimum(t / 0.08, 1.0) * 75.0
        writer.motion(2 * np.pi * t / TURN_S, np.broadcast_to(radius_mm(t), t.shape), depth)
        writer.close()
        opened.append(Groove(path))
        return opened[-1]

    yield make
    for groove in opened:
        groove.close()


def still(seconds):
    return np.zeros(round(seconds * 50_000))


def drawn(groove, tmp_path):
    draw(groove, tmp_path / 'disc.png')
    with Image.open(tmp_path / 'disc.png') as image:
        assert image.size == (2000, 2000)
        assert image.mode == 'RGB'
        return np.asarray(image, float).mean(axis=2)


def at_mm(picture, right, up):
    """Mean brightness of 5 by 5 pixels."""
    x, y = round(999.5 + right * VIEW.px_per_mm), round(999.5 - up * VIEW.px_per_mm)
    return picture[y - 2 : y + 3, x - 2 : x + 3].mean()


def test_the_cover_of_a_groove_is_its_area_and_lies_at_its_radius(groove_of):
    groove = groove_of(lambda t: 100.0 + 0 * t, still(TURN_S + 0.08))
    cut = engrave(groove, VIEW)
    width_mm = 0.15
    falling = 0.08 * 0.5  # the head comes down: half of the depth, over 80 ms
    turns = (TURN_S + 0.08 - falling) / TURN_S
    by_hand = 2 * np.pi * 100.0 * turns * width_mm * VIEW.px_per_mm**2
    assert cut.cover.sum() == pytest.approx(by_hand, rel=2e-3)
    row, column = np.nonzero(cut.cover > 0.1)
    radius = np.hypot(row - 999.5, column - 999.5) / VIEW.px_per_mm
    assert np.abs(radius - 100.0).max() < 0.3


def test_the_groove_turns_the_way_a_record_is_played(groove_of):
    """Seen from above the disc turns clockwise, so the groove runs the other way: from east over north."""
    cut = engrave(groove_of(lambda t: 100.0 + 0 * t, still(TURN_S / 4)), VIEW)
    x = y = round(100 / np.sqrt(2) * VIEW.px_per_mm)
    assert cut.cover[1000 - y - 3 : 1000 - y + 3, 1000 + x - 3 : 1000 + x + 3].sum() > 1
    assert cut.cover[1000 + y - 3 : 1000 + y + 3].sum() == 0


def test_the_displacement_moves_the_line_outward(groove_of):
    cut = engrave(groove_of(lambda t: 100.0 + 0 * t, np.full(40_000, 1000.0)), VIEW)
    row, column = np.nonzero(cut.cover > 0.1)
    assert (np.hypot(row - 999.5, column - 999.5) / VIEW.px_per_mm).mean() == pytest.approx(101.0, abs=0.05)


def test_kernel_keeps_mass_and_place():
    off = np.linspace(-0.5, 0.5, 11)
    before, at, after = spline_weights(off)
    assert np.allclose(before + at + after, 1.0)
    assert np.allclose(after - before, off, atol=1e-6)
    cut = Cut(np.zeros((SIZE_PX, SIZE_PX), np.float32), np.zeros((SIZE_PX, SIZE_PX), np.float32))
    one = np.ones(3, np.float32)
    splat(cut, np.array([100.3, -5.0, 1999.9]), np.array([200.7, 10.0, 50.0]), (one, 2 * one))
    assert cut.cover.sum() == pytest.approx(1.0)  # what falls outside the picture is left out
    assert cut.gleam.sum() == pytest.approx(2.0)
    rows, columns = np.indices(cut.cover.shape, sparse=True)
    assert (cut.cover * columns).sum() == pytest.approx(100.3, abs=1e-3)
    assert (cut.cover * rows).sum() == pytest.approx(200.7, abs=1e-3)


def test_a_wall_mirrors_most_where_it_faces_the_lamp_and_a_swinging_one_wider():
    azimuth = np.linspace(0, 2 * np.pi, 721)
    quiet, loud = mirrored(azimuth, np.zeros(721)), mirrored(azimuth, np.full(721, 0.1**2))
    assert azimuth[quiet.argmax()] % np.pi == pytest.approx(0.62, abs=0.01)
    assert np.allclose(quiet[:360], quiet[360:720], atol=1e-6)  # both walls
    assert quiet.max() > loud.max()
    beside = np.argmin(np.abs(azimuth - 1.0))
    assert loud[beside] > 2 * quiet[beside]


def test_swing_is_mean_and_variance_of_the_slope():
    y = np.random.default_rng(1).normal(size=61).astype(np.float32)
    mean, spread = swing(y, np.full(10, 20.0), 6)
    slopes = (np.diff(y) / 20.0).reshape(10, 6)
    assert np.allclose(mean, slopes.mean(axis=1), atol=1e-6)
    assert np.allclose(spread, slopes.var(axis=1), atol=1e-6)


def test_disc_table_hole_and_groove_are_where_they_belong(groove_of, tmp_path):
    letter = groove_of(lambda t: 110.0 - 0.3 * t / TURN_S, still(20 * TURN_S), material='acetate')
    picture = drawn(letter, tmp_path)
    lamp = np.array([np.cos(0.62), np.sin(0.62)])
    assert at_mm(picture, *(107.0 * lamp)) > 2 * at_mm(picture, *(90.0 * lamp)), 'the groove mirrors the lamp'
    assert at_mm(picture, 107.0 * lamp[1], -107.0 * lamp[0]) < at_mm(picture, *(107.0 * lamp)) / 2, 'and only there'
    hole, sheet = at_mm(picture, 0.0, 0.0), at_mm(picture, 3.62 + 3, 0.0)
    across = picture[1000, 1000 : 1000 + 60]
    assert np.abs(across[: int(3.2 * VIEW.px_per_mm)] - hole).max() < 8
    assert abs(at_mm(picture, 2.9, 0) - hole) < 8 < abs(sheet - hole) + 100
    assert at_mm(picture, 124.6, 0) != pytest.approx(at_mm(picture, 126.5, 0), abs=3)


def test_loud_passages_shimmer_where_quiet_ones_are_dark(groove_of, tmp_path):
    t = np.arange(round(8 * TURN_S * 50_000)) / 50_000
    loud = 8 * np.sin(2 * np.pi * 1000 * t)
    quiet_px = engrave(groove_of(lambda s: 110.0 - 0.3 * s / TURN_S, 0 * t), VIEW).gleam
    loud_px = engrave(groove_of(lambda s: 110.0 - 0.3 * s / TURN_S, loud), VIEW).gleam
    x, y = round(109 * np.cos(1.5) * VIEW.px_per_mm), round(109 * np.sin(1.5) * VIEW.px_per_mm)  # far from both lamps
    here = np.s_[1000 - y - 5 : 1000 - y + 5, 1000 + x - 5 : 1000 + x + 5]
    assert loud_px[here].sum() > 2 * quiet_px[here].sum()


def test_every_material_has_its_own_look_and_only_film_a_ghost(groove_of, tmp_path):
    middle, looks = np.s_[500:1500, 500:1500], {}
    for material in sorted(MATERIALS):
        groove = groove_of(lambda t: 110.0 - 0.3 * t, still(0.2), material=material, number=12, letter_s=31.2)
        picture = drawn(groove, tmp_path)
        assert 8 < picture.mean() < 200
        looks[material] = (round(picture[middle].mean()), picture[middle].std())
    assert len({mean for mean, _ in looks.values()}) == len(MATERIALS)
    assert looks['xray'][1] > 2 * max(spread for name, (_, spread) in looks.items() if name != 'xray')


def test_the_hand_has_bones_brighter_than_flesh_and_flesh_brighter_than_film():
    ghost = hand(GHOST_PX, 1.88)
    assert ghost.shape == (GHOST_PX, GHOST_PX)
    assert ghost.min() < 0.01
    assert 0.05 < np.median(ghost[220:260, 180:320]) < 0.6
    assert ghost.max() > 0.6


def test_enlarge_keeps_a_slope_a_slope():
    ramp = np.add.outer(np.arange(10.0), 2 * np.arange(10.0)).astype(np.float32)
    whole = enlarge(ramp, slice(0, 40), 40)
    assert np.allclose(np.diff(whole[8:32], axis=0), 0.25)
    assert np.allclose(np.diff(whole[:, 8:32], axis=1), 0.5)
    assert np.array_equal(enlarge(ramp, slice(10, 20), 40), whole[10:20])


def test_memory_is_that_of_the_picture_not_of_the_groove(groove_of, tmp_path):
    groove = groove_of(lambda t: 120.0 - 0.2 * t, still(60.0))
    tracemalloc.start()
    try:
        draw(groove, tmp_path / 'disc.png')
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60e6


def test_a_groove_without_its_disc_is_refused(groove_of, tmp_path):
    groove = groove_of(lambda t: 110.0 + 0 * t, still(0.1))
    del groove.facts['diameter_mm']
    with pytest.raises(GrooveFileError, match='diameter_mm'):
        draw(groove, tmp_path / 'disc.png')


def test_png_is_read_back_bit_for_bit_by_another_program(tmp_path):
    pixels = np.random.default_rng(4).integers(0, 256, (30, 17, 3), np.uint8)
    write_png(tmp_path / 'a.png', (17, 30), [pixels[:7], pixels[7:8], pixels[8:]])
    with Image.open(tmp_path / 'a.png') as image:
        assert np.array_equal(np.asarray(image), pixels)


def test_png_into_a_missing_folder_says_so(tmp_path):
    with pytest.raises(StorageError, match='cannot write the picture'):
        write_png(tmp_path / 'none' / 'a.png', (1, 1), [np.zeros((1, 1, 3), np.uint8)])


def test_the_picture_is_the_same_each_time(groove_of, tmp_path):
    groove = groove_of(lambda t: 110.0 - t, still(1.0))
    draw(groove, tmp_path / 'a.png')
    draw(groove, tmp_path / 'b.png')
    assert (tmp_path / 'a.png').read_bytes() == (tmp_path / 'b.png').read_bytes()
