import cv2
import numpy as np
import pytest
import torch

from pleura_training.resize import axis_weights, resize_stretch


def picture(rows, columns):
    return np.random.default_rng(rows * 1000 + columns).integers(0, 256, (rows, columns), np.uint8)


@pytest.mark.parametrize(
    ("source", "target"),
    [((1024, 1024), (512, 512)), ((1024, 811), (384, 384)), ((97, 61), (13, 60)), ((8, 8), (3, 5))],
)
def test_shrinks_as_opencv_area_does(source, target):
    image = picture(*source)
    expected = cv2.resize(image.astype(np.float32), target[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(resize_stretch(image, *target), expected, atol=1e-2)


@pytest.mark.parametrize(
    ("source", "target"), [((64, 64), (512, 512)), ((5, 7), (11, 8)), ((1, 3), (4, 9))]
)
def test_grows_as_torch_bilinear_does(source, target):
    image = picture(*source)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(image.astype(np.float32))[None, None],
        size=target,
        mode="bilinear",
        align_corners=False,
    )[0, 0].numpy()
    np.testing.assert_allclose(resize_stretch(image, *target), expected, atol=1e-3)


def test_treats_each_axis_on_its_own():
    image = picture(20, 10)
    rows_first = resize_stretch(resize_stretch(image, 8, 10), 8, 25)
    np.testing.assert_allclose(resize_stretch(image, 8, 25), rows_first, atol=1e-4)


def test_keeps_an_image_of_the_right_size_exactly():
    image = picture(9, 9)
    np.testing.assert_array_equal(resize_stretch(image, 9, 9), image.astype(np.float32))


def test_hand_worked_weights():
    np.testing.assert_allclose(axis_weights(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]])
    np.testing.assert_allclose(axis_weights(2, 4), [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
