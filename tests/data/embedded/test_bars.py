"""Bar lines: pickups, irregular bars and changes of meter."""

import pytest

from lib.data.embedded.bars import MeterError, lay_out

QUARTER, BAR = 480, 1920
COMMON = [(0, 4, 4)]


def test_whole_bars_need_one_meter():
    bars = lay_out([0, BAR, 2 * BAR, 3 * BAR], COMMON)
    assert (bars.shift, bars.meters, bars.irregular) == (0, [(0, 4, 4)], 0)


def test_a_bar_without_a_known_start_is_bridged():
    assert lay_out([0, 3 * BAR, 4 * BAR], COMMON).meters == [(0, 4, 4)]


def test_a_pickup_becomes_the_end_of_a_full_bar():
    bars = lay_out([0, QUARTER, QUARTER + BAR, QUARTER + 2 * BAR], COMMON)
    assert (bars.shift, bars.meters, bars.irregular) == (3 * QUARTER, [(0, 4, 4)], 0)


def test_a_short_bar_has_a_meter_of_its_own():
    short = 2 * BAR + 2 * QUARTER
    bars = lay_out([0, BAR, 2 * BAR, short, short + BAR, short + 2 * BAR, short + 3 * BAR], COMMON)
    assert bars.meters == [(0, 4, 4), (2 * BAR, 2, 4), (short, 4, 4)]
    assert bars.irregular == 1


def test_two_halves_of_a_bar_around_a_repeat_are_one_bar():
    ends = [0, BAR, 2 * BAR, 2 * BAR + 3 * QUARTER, 3 * BAR, 4 * BAR, 5 * BAR]
    assert lay_out(ends, COMMON).meters == [(0, 4, 4)]


def test_the_source_s_own_changes_are_kept_and_moved_with_a_pickup():
    meters = [(0, 4, 4), (QUARTER + 2 * BAR, 3, 4)]
    starts = [0, QUARTER, QUARTER + BAR, QUARTER + 2 * BAR, QUARTER + 2 * BAR + 3 * QUARTER]
    bars = lay_out(starts, meters)
    assert bars.meters == [(0, 4, 4), (3 * BAR, 3, 4)]
    assert lay_out([0, BAR], [*COMMON, (4 * BAR, 6, 8)]).meters == [(0, 4, 4), (4 * BAR, 6, 8)]


def test_a_piece_that_is_not_in_its_meter_is_refused():
    with pytest.raises(MeterError, match="a quarter of its bars"):
        lay_out([n * 3 * QUARTER for n in range(8)], [(0, 4, 4)])


def test_a_bar_that_no_meter_names_is_refused():
    with pytest.raises(MeterError, match="eighths"):
        lay_out([0, BAR, 2 * BAR, *(n * BAR + 70 for n in range(2, 7))], COMMON)


def test_no_bar_lines_at_all():
    assert lay_out([], [(0, 3, 8)]).meters == [(0, 3, 8)]
