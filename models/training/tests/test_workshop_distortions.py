import numpy as np
import pytest

from pleura_training.phantom import draw_phantom_and_mask
from pleura_training.workshop.distortions import CHANGES, COLOURS, WARPS, build_augmentation

GREY = [change for change in CHANGES if change not in COLOURS]
TONES = [change for change in GREY if change not in WARPS]
EXTREMES = {
    "affine": {"degrees": 45, "scale": 0.5, "shift": 0.1},
    "elastic": {"shift": 0.04, "cells": 6},
    "grid": {"most": 0.9, "cells": 4},
    "optical": {"most": 0.3},
}


def always(*changes, colour=False, **ranges):
    section = {change: {"probability": 1, **ranges} for change in changes}
    return build_augmentation(section, colour)


def marker(rows=96, columns=128):
    """A block off the centre, brighter than all else. Shape: both [H, W], mask 0 or 1."""
    mask = np.zeros((rows, columns), np.uint8)
    mask[30:50, 24:60] = 1
    return mask * 255, mask


@pytest.mark.parametrize("ranges", [{}, EXTREMES])
@pytest.mark.parametrize("change", WARPS)
def test_the_mask_goes_where_the_image_goes(change, ranges):
    image, mask = marker()
    augmentation = always(change, **ranges.get(change, {}))
    moves = 0
    for seed in range(20):
        moved_image, moved_mask = augmentation(image, mask, np.random.default_rng(seed))
        # Between the two, at the marker's edge, bilinear grey may be on either side.
        assert moved_mask[moved_image == 255].all()
        assert not moved_mask[moved_image == 0].any()
        assert (moved_image == 255).sum() > 200
        moves += int((moved_mask != mask).any())
    # A draw near 0 may move nothing by a whole pixel.
    assert moves >= 15


def test_all_changes_of_geometry_together_still_move_both():
    image, mask = marker()
    augmentation = always(*WARPS)
    for seed in range(20):
        moved_image, moved_mask = augmentation(image, mask, np.random.default_rng(seed))
        assert moved_mask[moved_image == 255].all()
        assert not moved_mask[moved_image == 0].any()
        assert moved_mask.sum() > 200


def test_flip_is_the_mirror():
    image, mask = draw_phantom_and_mask(60, 71, 4, True)
    flipped_image, flipped_mask = always("flip")(image, mask, np.random.default_rng(0))
    assert (flipped_image == image[:, ::-1]).all()
    assert (flipped_mask == mask[:, ::-1]).all()


def test_affine_moves_by_the_shift_it_is_given():
    image, mask = marker()
    section = {"affine": {"probability": 1, "degrees": 0, "scale": 0, "shift": 0.1}}
    augmentation = build_augmentation(section, False)
    places = []
    for seed in range(200):
        _, moved = augmentation(image, mask, np.random.default_rng(seed))
        assert moved.sum() == mask.sum()
        places.append(np.argwhere(moved).mean(0) - np.argwhere(mask).mean(0))
    # A tenth of the longer side, 128, in both directions along both axes.
    assert np.abs(places).max() <= 13
    assert np.min(places, 0) == pytest.approx(-12.8, abs=1)
    assert np.max(places, 0) == pytest.approx(12.8, abs=1)


def test_affine_turns_without_shear_whatever_the_shape_of_the_frame():
    image = np.zeros((80, 160), np.uint8)
    image[30:50, 60:100] = 1
    section = {"affine": {"probability": 1, "degrees": 180, "scale": 0, "shift": 0}}
    for seed in range(10):
        _, moved = build_augmentation(section, False)(image, image, np.random.default_rng(seed))
        spread = np.linalg.eigvalsh(np.cov(np.argwhere(moved).T))
        # Variances of a 20 x 40 block: 20^2 / 12 and 40^2 / 12.
        assert spread == pytest.approx([400 / 12, 1600 / 12], rel=0.05)


@pytest.mark.parametrize("change", ["elastic", "grid", "optical"])
def test_distortions_do_not_fold_the_picture(change):
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    middle = (slice(40, -40), slice(40, -40))
    augmentation = always(change, **EXTREMES[change])
    for seed in range(20):
        for picture, axis in ((ramp, 1), (ramp.T, 0)):
            moved, _ = augmentation(picture, picture, np.random.default_rng(seed))
            assert (np.diff(moved[middle].astype(int), axis=axis) >= 0).all()


@pytest.mark.parametrize(
    "section",
    [{}, {change: {"probability": 0} for change in CHANGES}],
)
def test_nothing_changes_at_probability_0(section):
    image, mask = draw_phantom_and_mask(64, 64, 1, True)
    for seed in range(5):
        same_image, same_mask = build_augmentation(section, False)(
            image, mask, np.random.default_rng(seed)
        )
        assert (same_image == image).all()
        assert (same_mask == mask).all()
        assert not np.shares_memory(same_mask, mask)
        in_colour, _ = build_augmentation(section, True)(image, mask, np.random.default_rng(seed))
        assert (in_colour == image[:, :, None]).all()


def test_a_generator_decides_everything():
    image, mask = draw_phantom_and_mask(64, 64, 2, True)
    augmentation = always(*GREY)
    first, again, other = (
        augmentation(image, mask, np.random.default_rng(seed)) for seed in (7, 7, 8)
    )
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert (first[0] != other[0]).any()
    assert (first[1] != other[1]).any()


def test_each_change_happens_as_often_as_its_probability_says():
    image, mask = marker()
    section = {"flip": {"probability": 0.25}, "brightness": {"probability": 0.75}}
    augmentation = build_augmentation(section, False)
    grey = np.full_like(image, 128)
    grey[:, :10] = 0
    generator = np.random.default_rng(11)
    drawn = [augmentation(grey, mask, generator) for _ in range(400)]
    flipped = np.array([(moved != mask).any() for _, moved in drawn])
    brighter = np.array([128 not in picture for picture, _ in drawn])
    # Three standard deviations of 400 draws are 0.065.
    assert flipped.mean() == pytest.approx(0.25, abs=0.065)
    assert brighter.mean() == pytest.approx(0.75, abs=0.065)
    assert (flipped & brighter).mean() == pytest.approx(0.1875, abs=0.06)


@pytest.mark.parametrize("change", TONES)
def test_tones_keep_their_order_and_leave_the_mask(change):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    mask = (ramp > 99).astype(np.uint8)
    augmentation = always(change, most=1)
    for seed in range(20):
        picture, same = augmentation(ramp, mask, np.random.default_rng(seed))
        # A value that wrapped round instead of being clipped would break the order.
        assert (np.diff(picture.ravel().astype(int)) >= 0).all()
        assert (picture != ramp).any()
        assert (same == mask).all()


def test_tones_change_as_far_as_their_ranges_say():
    middle = np.full((1, 1), 64, np.uint8)
    tone = 64 / 255
    expected = {
        "gamma": (tone ** np.exp(0.5), tone ** np.exp(-0.5)),
        "contrast": ((tone - 0.5) * np.exp(0.5) + 0.5, (tone - 0.5) * np.exp(-0.5) + 0.5),
        "brightness": (0, tone + 0.5),
    }
    for change, (low, high) in expected.items():
        augmentation = always(change, most=0.5)
        tones = [
            int(augmentation(middle, middle, np.random.default_rng(seed))[0][0, 0])
            for seed in range(400)
        ]
        assert min(tones) == pytest.approx(low * 255, abs=2)
        assert max(tones) == pytest.approx(high * 255, abs=2)


def test_masks_gain_no_values_and_images_keep_their_kind():
    image, _ = draw_phantom_and_mask(80, 64, 3, True)
    coverage = np.zeros((80, 64), np.uint8)
    coverage[20:60, 20:50] = 90
    coverage[25:50, 25:45] = 255
    augmentation = always(*GREY)
    for seed in range(20):
        picture, mask = augmentation(image, coverage, np.random.default_rng(seed))
        assert picture.dtype == mask.dtype == np.uint8
        assert picture.shape == mask.shape == (80, 64)
        assert set(np.unique(mask)) <= {0, 90, 255}


def test_saturation_tints_a_grey_picture_and_keeps_its_mean():
    image = np.arange(20, 220, dtype=np.uint8).reshape(10, 20)
    augmentation = always("saturation", "hue", colour=True)
    warmest = set()
    for seed in range(30):
        tinted, mask = augmentation(image, image, np.random.default_rng(seed))
        assert tinted.shape == (10, 20, 3)
        assert mask.shape == (10, 20)
        assert tinted.mean(2) == pytest.approx(image, abs=0.51)
        # At most a tenth of the tone, and half a step of rounding.
        assert (
            np.abs(tinted.astype(float) - image[:, :, None]) <= image[:, :, None] * 0.1 + 0.5
        ).all()
        warmest.add(int(tinted.reshape(-1, 3).sum(0).argmax()))
    assert warmest == {0, 1, 2}


def test_saturation_alone_is_red_and_hue_alone_is_nothing():
    image, mask = draw_phantom_and_mask(32, 32, 1, False)
    tinted, _ = always("saturation", colour=True)(image, mask, np.random.default_rng(1))
    red, green, blue = tinted.reshape(-1, 3).astype(int).sum(0)
    assert red > green
    assert green == blue
    turned, _ = always("hue", colour=True)(image, mask, np.random.default_rng(1))
    assert (turned == image[:, :, None]).all()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"shear": {"probability": 1}}, "shear; it may have flip"),
        ({"flip": 0.5}, "flip is 0.5"),
        ({"flip": {}}, "flip is"),
        ({"flip": {"probability": 1.5}}, "probability of flip is 1.5"),
        ({"flip": {"probability": True}}, "probability of flip is True"),
        ({"grid": {"probability": 1, "size": 2}}, "size; it may have probability, most, cells"),
        ({"gamma": {"probability": 1, "most": -0.1}}, "most of gamma is -0.1"),
        ({"gamma": {"probability": 1, "most": float("nan")}}, "most of gamma is nan"),
        ({"grid": {"probability": 1, "cells": 2.5}}, "cells of grid is 2.5"),
        ({"elastic": {"probability": 1, "cells": 1}}, "cells of elastic is 1"),
        ({"elastic": {"probability": 1, "shift": 0.05}}, "folds"),
        ({"optical": {"probability": 1, "most": 0.4}}, "most of optical is 0.4"),
        ({"saturation": {"probability": 1}}, "three channels"),
        ({"hue": {"probability": 1}}, "three channels"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(section, message):
    with pytest.raises(ValueError, match=message):
        build_augmentation(section, colour=False)
