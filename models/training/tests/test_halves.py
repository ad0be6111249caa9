import numpy as np
import pytest

from pleura_training.halves import Partners, has_empty_half, heavier_half

SIDE = 64


def page(value, *boxes):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for left, right in boxes:
        mask[10:20, left:right] = 255
    return np.full((SIDE, SIDE), value, np.uint8), mask


LEFT, RIGHT, BOTH = ((8, 20),), ((44, 56),), ((8, 20), (50, 56))


def test_the_half_with_the_mask_is_known():
    assert [heavier_half(page(0, *boxes)[1]) for boxes in (LEFT, RIGHT, BOTH)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("boxes", "empty"), [(LEFT, True), (RIGHT, True), (BOTH, False), (((20, 34),), False)]
)
def test_a_half_is_healthy_only_when_no_seam_can_reach_the_mask(boxes, empty):
    assert has_empty_half(page(0, *boxes)[1]) is empty


def test_a_label_stays_true_whoever_lends_the_other_half():
    pages = [page(50, *LEFT), page(90, *BOTH), page(130, *RIGHT), page(170), page(210), page(240)]
    masks = np.stack([mask for _, mask in pages])
    labels, outlined = np.array([1, 1, 1, 0, 0, 1]), np.array([True] * 5 + [False])
    partners = Partners(masks, labels, outlined)
    assert partners.half_healthy.tolist() == [0, 2]
    chosen = np.tile(np.arange(6), 60)
    left, right = partners.draw(chosen, 1.0, np.random.default_rng(1))
    lenders = {0: set(), 1: set(), 5: set()}
    for place, near, far in zip(chosen, left, right, strict=True):
        half = np.concatenate([masks[near][:, : SIDE // 2], masks[far][:, SIDE // 2 :]], 1)
        assert half.any() == (labels[place] == 1 and bool(outlined[place]))
        assert place in (near, far)
        lenders[5 if place == 5 else labels[place]] |= {int(near), int(far)} - {int(place)}
    # Negatives borrow from negatives and from healthy halves; never from a chest with air on both.
    assert lenders == {0: {0, 2, 3, 4}, 1: {3, 4}, 5: set()}
    left, right = partners.draw(chosen, 0.0, np.random.default_rng(1))
    assert (left == chosen).all()
    assert (right == chosen).all()
