"""Each network learns eight drawn chests by heart, at a fraction of its width."""

import numpy as np
import pytest
import torch

from pleura_training.architectures import build_network
from pleura_training.drawn_set import draw_set
from pleura_training.short_training import measure_classes, measure_masks, train_briefly

SIDE = 64
CASES = (
    ("unet", {"width": 0.125}, 40, 5e-3),
    ("unetplusplus", {"width": 0.25}, 40, 5e-3),
    ("double-unet", {"width": 0.125, "blocks": 4}, 40, 5e-3),
    ("double-unet", {"width": 0.25, "blocks": 2}, 50, 3e-3),
    ("unetplusplus-efficientnet-b4", {"width": 0.25, "depth": 0.3}, 50, 5e-3),
    ("unet-xception", {"width": 0.25}, 50, 5e-3),
)


@pytest.fixture(autouse=True)
def quiet_threads():
    """These networks are too small to share between threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def drawn():
    return draw_set(8, SIDE, 1)


def test_drawn_chests_hold_air_where_they_say(drawn):
    assert drawn.labels.tolist() == [0, 1] * 4
    areas = drawn.masks.sum((1, 2))
    assert (areas[drawn.labels == 0] == 0).all()
    assert (areas[drawn.labels == 1] > 0.01 * SIDE * SIDE).all()
    outside = np.array([p[m == 0].mean() for p, m in zip(drawn.pictures, drawn.masks, strict=True)])
    ill = drawn.labels == 1
    inside = [drawn.pictures[n][drawn.masks[n] == 1].mean() for n in np.flatnonzero(ill)]
    assert (np.array(inside) < outside[ill] - 30).all()


def test_classifier_learns_them_by_heart(drawn):
    torch.manual_seed(0)
    network = build_network("chexnet-densenet121", width=0.125)
    losses = train_briefly(network, drawn, 30)
    assert losses[-1] < 0.6 * losses[0]
    assert measure_classes(network, drawn) == 1
    with torch.inference_mode():
        logits = network(drawn.images(network.mean, network.std))[0][:, 0]
    assert ((logits > 0).numpy() == (drawn.labels == 1)).all()


@pytest.mark.parametrize(("name", "options", "steps", "rate"), CASES)
def test_segmenter_learns_them_by_heart(drawn, name, options, steps, rate):
    torch.manual_seed(0)
    network = build_network(name, **options)
    losses = train_briefly(network, drawn, steps, rate)
    assert losses[-1] < 0.85 * losses[0]
    assert measure_masks(network, drawn)[-1] > 0.8
