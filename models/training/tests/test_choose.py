import numpy as np
import pytest

from pleura_training import choose
from pleura_training.calibration import fit_calibration
from pleura_training.choose import choose_operating_points


def drawn(count, seed, patients_of=1):
    """Logits of patients; the positives' lie higher. Shape: logits, labels, patients [N]."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(count) // patients_of) % 4 == 0
    logits = generator.normal(size=count) + 1.5 * labels - 1
    return logits, labels.astype(int), np.array([f"p{n // patients_of}" for n in range(count)])


def test_what_is_measured_on_folds_left_out_promises_no_more_than_others_see(monkeypatch):
    monkeypatch.setattr(choose, "REPEATS", 2)
    found, promised, reached = [], [], []
    others = drawn(40_000, 99)
    for seed in range(10):
        logits, labels, patients = drawn(200, seed)
        points = choose_operating_points(logits, labels, patients, "validation, n=200")
        threshold = np.quantile(logits[labels == 1], 0.05, method="lower")
        promised.append((logits[labels == 1] >= threshold).mean())
        found.append(next(p for p in points if p["id"] == "sensitivity-0.95")["sensitivity"])
        reached.append((others[0][others[1] == 1] >= threshold).mean())
        assert points[0]["measuredOn"] == "validation, n=200, 5 folds left out in turn"
        low, high = points[0]["sensitivityInterval95"]
        assert low <= found[-1] <= high
    # On what it was chosen on it keeps its promise. Of the 50 positives 48 are found, which others
    # see as 48 / 51; the folds know 40, of which 38 are found: 38 / 41, on the safe side.
    assert np.mean(promised) >= 0.95
    assert np.mean(reached) == pytest.approx(48 / 51, abs=0.015)
    assert np.mean(found) == pytest.approx(38 / 41, abs=0.015)


def test_images_of_a_patient_share_a_fold(monkeypatch):
    _, labels, patients = drawn(120, 1, patients_of=6)
    # A value of its own for each patient, so that it is seen who was known.
    logits = (np.random.default_rng(5).permutation(20) / 20).repeat(6) + labels
    counts = []

    def fit(known, labels):
        counts.append(np.unique(known, return_counts=True)[1])
        return fit_calibration(known, labels)

    monkeypatch.setattr(choose, "fit_calibration", fit)
    choose.cross_fitted(logits, labels, patients)
    assert len(counts) == choose.FOLDS * choose.REPEATS
    assert all(set(each) == {6} and len(each) < 20 for each in counts)


def test_few_images_are_measured_as_they_are():
    logits, labels, patients = drawn(24, 3)
    points = choose_operating_points(logits, labels, patients, "validation, n=24")
    assert {point["measuredOn"] for point in points} == {"validation, n=24"}
    assert points[0]["sensitivity"] == pytest.approx(1.0)
