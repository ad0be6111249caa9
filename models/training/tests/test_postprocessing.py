import numpy as np
import pytest

from pleura_training.postprocessing import Postprocessing, build_mask, clean_probability_map

RULE = Postprocessing(0.5, 0.8, 2, 1)


def mask_of(rows, rule=RULE):
    cleaned = clean_probability_map(np.array(rows, np.float32), rule)
    return (cleaned >= np.float32(rule.mask_threshold)).astype(int).tolist()


CASES = {
    "keeps a component with enough certain pixels": (
        [[0.9, 0.9, 0.6], [0, 0, 0]],
        [[1, 1, 1], [0, 0, 0]],
    ),
    "drops a component with too few certain pixels": (
        [[0.9, 0.6, 0.6], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 0]],
    ),
    "joins pixels that touch at a corner": ([[0.9, 0], [0, 0.9]], [[1, 0], [0, 1]]),
    "judges each component on its own": (
        [[0.9, 0.9, 0, 0.9], [0, 0, 0, 0.6]],
        [[1, 1, 0, 0], [0, 0, 0, 0]],
    ),
    "fills an enclosed hole": (
        [[0.9, 0.9, 0.9], [0.9, 0.1, 0.9], [0.9, 0.9, 0.9]],
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
    ),
    "leaves a hole that is too large": (
        [[0.9] * 4, [0.9, 0.1, 0.1, 0.9], [0.9] * 4],
        [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]],
    ),
    "leaves a bay that touches the border": (
        [[0.9, 0.1, 0.9], [0.9, 0.9, 0.9]],
        [[1, 0, 1], [1, 1, 1]],
    ),
    "sees holes as enclosed where only a corner leaks": (
        [[0.1, 0.9, 0.9], [0.9, 0.1, 0.9], [0.9, 0.9, 0.9]],
        [[0, 1, 1], [1, 1, 1], [1, 1, 1]],
    ),
}


@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=CASES.keys())
def test_cleans(given, expected):
    assert mask_of(given) == expected


def test_thresholds_include_their_own_value():
    assert mask_of([[0.5, 0.8, 0.8]]) == [[1, 1, 1]]


def test_a_filled_hole_survives_the_resize():
    logits = np.full((3, 3), 4.0)
    logits[1, 1] = -4
    rule = Postprocessing(0.3, 0.8, 2, 1)
    assert build_mask(logits, rule, 1024, 1024).all()


def test_an_empty_map_gives_an_empty_mask_of_the_source():
    mask = build_mask(np.full((4, 4), -9.0), RULE, 10, 7)
    assert mask.shape == (10, 7)
    assert not mask.any()


def test_interpolates_between_pixel_centres():
    # Logits +-large: 1 and 0. Halfway between two centres the map crosses 0.5.
    mask = build_mask(np.array([[40.0, -40.0]]), Postprocessing(0.5, 0.5, 1, 0), 1, 8)
    assert mask.tolist() == [[1, 1, 1, 1, 0, 0, 0, 0]]
