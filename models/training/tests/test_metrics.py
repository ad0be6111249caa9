import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score, roc_auc_score

from pleura_training.calibration import (
    expected_calibration_error,
    fit_calibration,
    threshold_by_youden,
    threshold_for_sensitivity,
)
from pleura_training.metrics import (
    area_under_curve,
    bootstrap_interval,
    dice,
    sensitivity_specificity,
    wilson_interval,
)


@pytest.mark.parametrize("seed", range(4))
def test_area_under_curve_equals_scikit_learn_with_ties(seed):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, 60)
    probability = np.round(generator.random(60) * 0.6 + labels * 0.2, 1)
    expected = roc_auc_score(labels, probability)
    assert area_under_curve(probability, labels) == pytest.approx(expected, abs=1e-12)


def test_sensitivity_and_specificity_equal_scikit_learn():
    generator = np.random.default_rng(9)
    labels, probability = generator.integers(0, 2, 80), generator.random(80)
    found = probability >= 0.3
    expected = (recall_score(labels, found), recall_score(1 - labels, ~found))
    assert sensitivity_specificity(probability, labels, 0.3) == pytest.approx(expected)


def test_dice_equals_f1_of_the_pixels():
    generator = np.random.default_rng(2)
    mask, truth = (generator.random((2, 12, 12)) < 0.4).astype(np.uint8)
    assert dice(mask, truth) == pytest.approx(f1_score(truth.ravel(), mask.ravel()))


def test_two_empty_masks_agree_and_one_empty_mask_does_not():
    empty, full = np.zeros((3, 3), np.uint8), np.ones((3, 3), np.uint8)
    assert dice(empty, empty) == 1.0
    assert dice(empty, full) == 0.0


def test_bootstrap_draws_whole_groups():
    values = np.array([0.0, 1.0, 0.0, 1.0])
    same = bootstrap_interval(lambda rows: values[rows].mean(), np.array([0, 0, 1, 1]), 200)
    apart = bootstrap_interval(lambda rows: values[rows].mean(), np.arange(4), 200)
    assert same == (0.5, 0.5)
    assert apart[0] < 0.5 < apart[1]


def test_threshold_for_sensitivity_finds_the_wanted_share():
    probability = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    labels = np.array([0, 1, 0, 1, 1, 1])
    threshold = threshold_for_sensitivity(probability, labels, 0.75)
    assert 0.3 < threshold < 0.4
    assert sensitivity_specificity(probability, labels, threshold) == (0.75, 1.0)
    assert 0.3 < threshold_by_youden(probability, labels) < 0.4


def test_calibration_recovers_a_known_shift_and_temperature():
    generator = np.random.default_rng(5)
    true_logits = generator.normal(-1, 2, 20_000)
    labels = (generator.random(20_000) < 1 / (1 + np.exp(-true_logits))).astype(int)
    calibration = fit_calibration(true_logits * 3 + 2, labels)
    assert calibration.temperature == pytest.approx(3, rel=0.05)
    assert calibration.shift == pytest.approx(-2, abs=0.15)
    probability = calibration.probability(true_logits * 3 + 2)
    assert expected_calibration_error(probability, labels) < 0.02


def test_wilson_interval_equals_the_published_example():
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20)[0] == 0.0
    assert wilson_interval(0, 0) == (0.0, 1.0)
