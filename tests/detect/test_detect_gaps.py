"""Missing samples are unknown: no recovery, no relapse, no onset comes from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.detect.episode import Floats
from tests.detect.asking import found_at


def latency(seed: int = 0) -> Floats:
    """Ten hours of steady latency at a minute's step, six of them before the window."""
    return 0.1 * np.exp(np.random.default_rng(seed).normal(0.0, 0.08, 600))


def test_a_gap_that_swallows_the_recovery_makes_the_end_uncertain() -> None:
    """The end is the first sample seen good again, and said to be uncertain."""
    row = latency()
    row[400:450] *= 5.0
    row[440:480] = np.nan

    (episode,) = found_at(row, 360, kind="latency")

    assert (episode.onset, episode.end, episode.end_uncertain) == (400, 480, True)
    assert episode.samples == 40


def test_a_gap_to_the_end_of_the_row_is_no_recovery() -> None:
    """What was bad when the samples stopped has not recovered."""
    row = latency()
    row[400:450] *= 5.0
    row[440:] = np.nan

    (episode,) = found_at(row, 360, kind="latency")

    assert (episode.onset, episode.end, episode.end_uncertain) == (400, None, False)


def test_a_gap_inside_an_incident_does_not_split_it() -> None:
    """Bad before and bad after the gap is one episode, not a recovery and a relapse."""
    row = latency()
    row[400:500] *= 5.0
    row[430:460] = np.nan

    (episode,) = found_at(row, 360, kind="latency")

    assert (episode.onset, episode.end, episode.samples) == (400, 500, 70)
    assert episode.stretches == ((400, 500),)


def test_a_gap_before_the_first_bad_sample_makes_the_onset_uncertain() -> None:
    """It may have begun at any moment in the gap."""
    row = latency()
    row[400:450] *= 5.0
    row[380:410] = np.nan

    (episode,) = found_at(row, 360, kind="latency")

    assert (episode.onset, episode.onset_uncertain) == (410, True)


def test_a_gap_in_good_times_is_nothing() -> None:
    """A monitoring gap alone is no incident."""
    row = latency()
    row[400:450] = np.nan

    assert found_at(row, 360, kind="latency") == []


@pytest.mark.parametrize("born", [300, 380, 400])
def test_a_series_born_late_is_its_own_baseline(born: int) -> None:
    """Without samples before the window its calm part says what is normal."""
    row = latency()
    row[500:530] *= 5.0
    row[:born] = np.nan

    (episode,) = found_at(row, 360, kind="latency")

    assert (episode.onset, episode.end) == (500, 530)


@given(seed=st.integers(0, 50), share=st.floats(0.0, 0.3))
def test_lost_scrapes_move_the_bounds_only_to_neighbouring_samples(seed: int, share: float) -> None:
    """With any share of samples lost the episode spans the same samples of those that are left."""
    rng = np.random.default_rng(seed)
    row = latency(seed)
    row[400:450] *= 5.0
    row[rng.random(600) < share] = np.nan
    present = np.flatnonzero(np.isfinite(row))

    (episode,) = found_at(row, 360, kind="latency")

    assert episode.onset == present[present >= 400][0]
    assert episode.end == present[present >= 450][0]
