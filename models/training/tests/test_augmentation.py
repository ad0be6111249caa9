import numpy as np
import pytest
import torch

from pleura_training.augmentation import CHANGES, COLOURS, WARPS, build_augmentation
from pleura_training.phantom import draw_phantom_and_mask

GREY = [change for change in CHANGES if change not in COLOURS]
EXTREMES = {
    "affine": {"degrees": 45, "scale": 0.5, "shift": 0.1},
    "elastic": {"shift": 0.04, "cells": 6},
    "grid": {"most": 0.9, "cells": 4},
    "optical": {"most": 0.3},
}


def always(*changes, colour=False, **ranges):
    section = {change: {"probability": 1, **ranges} for change in changes}
    return build_augmentation(section, colour)


def batch(*planes):
    """Shape: [N, 1, S, S], float32."""
    return torch.from_numpy(np.stack(planes)[:, None].astype(np.float32))


def marker(count=20, side=128):
    """A block off the centre. Shape: [N, 1, S, S], 0 or 1."""
    plane = np.zeros((side, side))
    plane[30:50, 24:60] = 1
    return batch(*[plane] * count)


def drawn(count=1, side=64, seed=4):
    pairs = [draw_phantom_and_mask(side, side, seed + n, True) for n in range(count)]
    pictures, masks = zip(*pairs, strict=True)
    return batch(*pictures) / 255, batch(*masks)


@pytest.mark.parametrize("ranges", [{}, EXTREMES])
@pytest.mark.parametrize("changes", [*([warp] for warp in WARPS), list(WARPS)])
def test_the_mask_goes_where_the_image_goes(changes, ranges):
    section = {change: {"probability": 1, **ranges.get(change, {})} for change in changes}
    images, masks = build_augmentation(section, False)(marker(), marker(), np.random.default_rng(1))
    torch.testing.assert_close(images, masks)
    assert (images.flatten(1).sum(1) > 150).all()
    moved = (images != marker()).flatten(1).any(1)
    assert moved.sum() >= 15
    # Each image is moved by a map of its own.
    assert (len(changes) == 1 and changes[0] == "flip") or not torch.equal(images[0], images[1])


def test_flip_is_the_mirror():
    images, masks = drawn()
    flipped_images, flipped_masks = always("flip")(images, masks, np.random.default_rng(0))
    torch.testing.assert_close(flipped_images, images.flip(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(flipped_masks, masks.flip(3), atol=1e-5, rtol=0)


def centres(masks):
    rows, columns = torch.meshgrid(*[torch.arange(masks.shape[2])] * 2, indexing="ij")
    mass = masks.sum((1, 2, 3))
    return torch.stack([(masks[:, 0] * each).sum((1, 2)) / mass for each in (rows, columns)], 1)


def test_affine_moves_by_the_shift_it_is_given():
    section = {"affine": {"probability": 1, "degrees": 0, "scale": 0, "shift": 0.1}}
    _, moved = build_augmentation(section, False)(
        marker(200), marker(200), np.random.default_rng(1)
    )
    torch.testing.assert_close(moved.sum((1, 2, 3)), torch.full((200,), 720.0), rtol=1e-3, atol=0)
    places = (centres(moved) - centres(marker(1))).numpy()
    # A tenth of the side, 128, in both directions along both axes.
    assert np.abs(places).max() <= 13
    assert np.min(places, 0) == pytest.approx([-12.8, -12.8], abs=1)
    assert np.max(places, 0) == pytest.approx([12.8, 12.8], abs=1)


def test_affine_turns_without_shear():
    plane = np.zeros((160, 160))
    plane[70:90, 60:100] = 1
    section = {"affine": {"probability": 1, "degrees": 180, "scale": 0, "shift": 0}}
    given = batch(*[plane] * 10)
    _, moved = build_augmentation(section, False)(given, given, np.random.default_rng(1))
    for mask in moved[:, 0].numpy():
        spread = np.linalg.eigvalsh(np.cov(np.argwhere(mask >= 0.5).T))
        # Variances of a 20 x 40 block: 20^2 / 12 and 40^2 / 12.
        assert spread == pytest.approx([400 / 12, 1600 / 12], rel=0.05)


@pytest.mark.parametrize("change", ["elastic", "grid", "optical"])
def test_distortions_do_not_fold_the_picture(change):
    ramp = np.tile(np.arange(256) / 255, (256, 1))
    middle = (..., slice(40, -40), slice(40, -40))
    augmentation = always(change, **EXTREMES[change])
    for picture, axis in ((ramp, 3), (ramp.T, 2)):
        given = batch(*[picture] * 20)
        moved, _ = augmentation(given, given, np.random.default_rng(2))
        assert (moved[middle].diff(dim=axis) >= -1e-5).all()


@pytest.mark.parametrize("section", [{}, {change: {"probability": 0} for change in CHANGES}])
def test_nothing_changes_at_probability_0(section):
    images, masks = drawn(3)
    same_images, same_masks = build_augmentation(section, False)(
        images, masks, np.random.default_rng(1)
    )
    assert torch.equal(same_images, images)
    assert torch.equal(same_masks, masks)
    in_colour, _ = build_augmentation(section, True)(images, masks, np.random.default_rng(1))
    assert torch.equal(in_colour, images.expand(-1, 3, -1, -1))


def test_an_image_that_a_change_leaves_alone_stays_as_it_is():
    images, masks = drawn(40)
    section = {change: {"probability": 0.15} for change in GREY}
    moved, _ = build_augmentation(section, False)(images, masks, np.random.default_rng(5))
    same = [torch.allclose(one, two, atol=1e-5) for one, two in zip(moved, images, strict=True)]
    # 0.85 to the 9th is 0.23.
    assert 2 <= sum(same) <= 20


def test_a_generator_decides_everything():
    images, masks = drawn(4)
    first, again, other = (
        always(*GREY)(images, masks, np.random.default_rng(seed)) for seed in (7, 7, 8)
    )
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[1], other[1])


def test_each_change_happens_as_often_as_its_probability_says():
    section = {"flip": {"probability": 0.25}, "brightness": {"probability": 0.75}}
    grey = torch.full((400, 1, 64, 64), 0.5)
    masks = marker(400, 64)
    images, moved = build_augmentation(section, False)(grey, masks, np.random.default_rng(11))
    flipped = ((moved - masks).abs() > 0.5).flatten(1).any(1)
    brighter = (images[:, 0, 32, 32] - 0.5).abs() > 1e-6
    # Three standard deviations of 400 draws are 0.065.
    assert flipped.float().mean() == pytest.approx(0.25, abs=0.065)
    assert brighter.float().mean() == pytest.approx(0.75, abs=0.065)
    assert (flipped & brighter).float().mean() == pytest.approx(0.1875, abs=0.06)


@pytest.mark.parametrize("change", ["gamma", "contrast", "brightness"])
def test_tones_keep_their_order_and_leave_the_mask(change):
    ramp = batch(*[np.arange(256).reshape(16, 16) / 255] * 20)
    mask = (ramp > 0.4).float()
    images, same = always(change, most=1)(ramp, mask, np.random.default_rng(1))
    assert (images.flatten(1).diff(dim=1) >= 0).all()
    assert (images != ramp).flatten(1).any(1).all()
    assert torch.equal(same, mask)


def test_tones_change_as_far_as_their_ranges_say():
    tone = 0.25
    given = torch.full((400, 1, 1, 1), tone)
    expected = {
        "gamma": (tone ** np.exp(0.5), tone ** np.exp(-0.5)),
        "contrast": ((tone - 0.5) * np.exp(0.5) + 0.5, (tone - 0.5) * np.exp(-0.5) + 0.5),
        "brightness": (0, tone + 0.5),
    }
    for change, (low, high) in expected.items():
        tones, _ = always(change, most=0.5)(given, given, np.random.default_rng(1))
        assert float(tones.min()) == pytest.approx(max(0, low), abs=0.01)
        assert float(tones.max()) == pytest.approx(high, abs=0.01)


def test_grain_is_of_the_spread_it_is_given():
    grey = torch.full((50, 1, 64, 64), 0.5)
    images, _ = always("grain", most=0.1)(grey, grey, np.random.default_rng(1))
    spreads = images.flatten(1).std(1)
    assert float(spreads.max()) == pytest.approx(0.1, abs=0.01)
    assert float(spreads.mean()) == pytest.approx(0.05, abs=0.015)
    assert float(images.mean()) == pytest.approx(0.5, abs=0.002)


def test_images_stay_within_their_tones():
    images, masks = drawn(20)
    changed, moved = always(*GREY)(images, masks, np.random.default_rng(1))
    for each in (changed, moved):
        assert each.shape == images.shape
        assert each.dtype == torch.float32
        assert 0 <= float(each.min()) <= float(each.max()) <= 1


def test_saturation_tints_a_grey_picture_and_keeps_its_mean():
    image = batch(*[np.arange(20, 220).reshape(10, 20)[:, :10] / 255] * 30)
    tinted, mask = always("saturation", "hue", colour=True)(image, image, np.random.default_rng(1))
    assert tinted.shape == (30, 3, 10, 10)
    assert mask.shape == (30, 1, 10, 10)
    torch.testing.assert_close(tinted.mean(1, keepdim=True), image, atol=1e-5, rtol=0)
    # At most a tenth of the tone.
    assert ((tinted - image).abs() <= image * 0.1 + 1e-6).all()
    assert set(tinted.sum((2, 3)).argmax(1).tolist()) == {0, 1, 2}


def test_saturation_alone_is_red_and_hue_alone_is_nothing():
    images, masks = drawn()
    tinted, _ = always("saturation", colour=True)(images, masks, np.random.default_rng(1))
    red, green, blue = tinted[0].sum((1, 2)).tolist()
    assert red > green
    assert green == pytest.approx(blue, rel=1e-5)
    turned, _ = always("hue", colour=True)(images, masks, np.random.default_rng(1))
    torch.testing.assert_close(turned, images.expand(-1, 3, -1, -1))


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
