import numpy as np
import pytest

from pleura_training.halves import HalfMixer, has_empty_half, heavier_half, join_halves

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


def test_halves_meet_near_the_middle_and_masks_follow():
    for seed in range(20):
        image, mask = join_halves(page(40, *BOTH), page(200, *RIGHT), np.random.default_rng(seed))
        assert (image[:, : SIDE // 2 - 6] == 40).all()
        assert (image[:, SIDE // 2 + 6 :] == 200).all()
        assert (np.diff(image[0].astype(int)) >= 0).all()
        assert mask[15, 10] == 255
        assert mask[15, 46] == 255
        assert mask.sum() == 255 * 240
        assert set(np.unique(mask)) == {0, 255}


def test_a_label_stays_true_whoever_lends_the_other_half():
    pages = [page(50, *LEFT), page(90, *BOTH), page(130, *RIGHT), page(170), page(210)]
    images, masks = (np.stack(planes) for planes in zip(*pages, strict=True))
    labels = np.array([1, 1, 1, 0, 0])
    mixer = HalfMixer(images, masks, labels)
    assert mixer.half_healthy.tolist() == [0, 2]
    generator = np.random.default_rng(1)
    lenders = set()
    for place in np.tile(np.arange(5), 40):
        image, mask = mixer.mix(place, generator)
        assert mask.any() == bool(labels[place])
        # The page itself stays on one side, somebody else is on the other.
        sides = {int(image[0, 0]), int(image[0, -1])}
        assert int(images[place, 0, 0]) in sides
        lenders |= {(int(labels[place]), value) for value in sides - {int(images[place, 0, 0])}}
    # Negatives borrow from negatives and from healthy halves; never from a chest with air on both.
    assert {value for label, value in lenders if label == 0} == {50, 130, 170, 210}
    assert {value for label, value in lenders if label == 1} == {170, 210}
