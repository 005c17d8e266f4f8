"""Key profiles against music21's own analysis."""

import numpy as np
import pytest

from lib.data.labelling.key_profiles import PROFILES, key_fits, profile_weights


@pytest.mark.parametrize("profile", PROFILES)
def test_weights_are_standardised_rotations(profile):
    weights = profile_weights(profile)
    assert weights.shape == (24, 12)
    assert np.allclose(weights.sum(axis=1), 0)
    assert np.allclose(np.linalg.norm(weights, axis=1), 1)
    assert np.allclose(weights[5], np.roll(weights[0], 5))


def test_fits_are_correlations():
    time = np.array([8, 0, 3, 0, 5, 4, 0, 6, 0, 3, 0, 1], float)  # C major
    fits = key_fits(time, "temperley")
    assert fits[0] == pytest.approx(np.corrcoef(time, profile_weights("temperley")[0])[0, 1])
    assert int(np.argmax(fits)) == 0


def test_nothing_fits_what_is_all_alike():
    assert key_fits(np.ones(12), "aarden") is None
    assert key_fits(np.zeros(12), "aarden") is None
