import numpy as np
import pytest
import torch

from pleura_training.checkpoint import load_networks
from pleura_training.export import PARITY_TOLERANCE, largest_difference
from pleura_training.mirror import MirrorAveraged
from pleura_training.network import ScreeningNetwork
from pleura_training.onnx_export import Classifier, Segmenter, export_onnx
from pleura_training.resize import resize_stretch
from pleura_training.scales import ScaleAveraged, area_matrix


def test_areas_by_hand():
    assert area_matrix(3, 2) == pytest.approx(np.array([[2, 1, 0], [0, 1, 2]]) / 3)
    with pytest.raises(ValueError, match="cannot be reduced"):
        area_matrix(2, 3)


def test_reduces_as_the_pipeline_does():
    image = np.random.default_rng(1).integers(0, 256, (128, 128), np.uint8)
    averaged = ScaleAveraged([(torch.nn.Identity(), 128), (torch.nn.Identity(), 96)])
    found = averaged.reduced(torch.from_numpy(image[None, None].astype(np.float32)), 96)
    np.testing.assert_allclose(found[0, 0], resize_stretch(image, 96, 96), atol=1e-3)


@pytest.fixture
def members():
    torch.manual_seed(1)
    networks = [ScreeningNetwork(8, (1, 1, 1, 1)).eval() for _ in range(2)]
    for network in networks:
        for weights in network.parameters():
            weights.data += 0.02 * torch.randn_like(weights)
    return networks


def test_is_the_mean_of_its_members(members):
    image = torch.randn(2, 1, 128, 128)
    first, second = members
    averaged = ScaleAveraged([(first, 128), (second, 64)])
    with torch.inference_mode():
        logits, activation, masks = averaged(image)
        halved = torch.nn.functional.avg_pool2d(image, 2)
        expected = (first(image)[0] + second(halved)[0]) / 2
        same = ScaleAveraged([(first, 128), (first, 128)])(image)
        alone = first(image)
    torch.testing.assert_close(logits, expected)
    assert activation.shape == (2, 1, 8, 8)
    assert masks.shape == (2, 1, 32, 32)
    for mean, one in zip(same, alone, strict=True):
        torch.testing.assert_close(mean, one)


def test_leaves_as_onnx(members):
    network = MirrorAveraged(ScaleAveraged([(members[0], 128), (members[1], 96)]))
    probe = np.random.default_rng(2).normal(size=(2, 1, 128, 128)).astype(np.float32)
    for module in (Classifier(network, 0.5), Segmenter(network)):
        model = export_onnx(module, 128, half=False)
        assert largest_difference(module, model, probe) <= PARITY_TOLERANCE


def test_a_pair_is_known_by_its_first_checkpoint(tmp_path, members):
    config = {"width": 8, "depths": (1, 1, 1, 1), "mean": 0.5, "std": 0.25}
    state = {"averaged": members[0].state_dict(), "config": config, "side": 64}
    torch.save(state | {"step": 1, "record": {"name": 0}}, tmp_path / "0.pt")
    assert load_networks([tmp_path / "0.pt"]).side == 64
    pair = load_networks([tmp_path / "0.pt"] * 2)
    assert (pair.side, pair.record) == (64, {"name": 0})
