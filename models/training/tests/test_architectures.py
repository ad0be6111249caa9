"""The six networks: shapes, blocks against hand-worked cases, export, bundles, configurations."""

import json
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch.optim.swa_utils import update_bn

from pleura_training.architectures import ARCHITECTURES, build_network
from pleura_training.architectures.blocks import Aspp, ResidualBlock, SqueezeExcite, upsample
from pleura_training.architectures.unet_xception import Xception
from pleura_training.golden import draw_tensor
from pleura_training.network_bundle import PARITY_TOLERANCE, write_network_bundle
from pleura_training.onnx_export import Exported, export_onnx, largest_difference

CONFIGS = Path(__file__).parents[1] / "configs"
NAMES = (
    "chexnet-densenet121",
    "unet",
    "unetplusplus",
    "double-unet",
    "unetplusplus-efficientnet-b4",
    "unet-xception",
)
SEGMENTERS = NAMES[1:]
# Parameters that others count: torchvision's DenseNet121 without its classes, the nested U-Net of
# 9.16 M, Xception's 20.81 M without its classes.
KNOWN = 6_953_856, 9_159_204, 20_806_952


def images(network, count=2, side=64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, network.channels, side, side, generator=generator)


def test_there_are_the_six_of_the_study():
    assert tuple(ARCHITECTURES) == NAMES
    with pytest.raises(ValueError, match="no architecture 'resnet'"):
        build_network("resnet")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_answers_in_the_agreed_shapes(name, training):
    network = build_network(name, width=0.125).train(training)
    assert len(network.mean) == len(network.std) == network.channels
    answer = network(images(network))
    if network.task == "classification":
        logits, activation = answer
        assert logits.shape == (2, 1)
        assert activation.shape == (2, 1, 2, 2)
    else:
        levels = {"unetplusplus": 4, "double-unet": 2}.get(name, 1)
        assert [tuple(mask.shape) for mask in answer] == [(2, 1, 64, 64)] * levels


def test_has_the_parameters_of_the_papers():
    chexnet, nested = build_network("chexnet-densenet121"), build_network("unetplusplus")
    counted = (chexnet.features, nested, Xception(3, 1.0))
    assert tuple(sum(p.numel() for p in each.parameters()) for each in counted) == KNOWN


def test_unet_has_the_widths_of_the_study():
    network = build_network("unet")
    encoder = [block[1][0].out_channels for block in network.encoder]
    decoder = [block[1][0].out_channels for block in network.decoder.blocks]
    assert encoder == [64, 128, 256, 256, 256, 256]
    assert decoder == [512, 512, 256, 128, 64]


def test_head_of_the_classifier_is_the_study_s():
    head = build_network("chexnet-densenet121").head
    assert [dense.weight.shape for dense in head.dense] == [(1024, 1024), (512, 1024), (64, 512)]
    assert head.last.weight.shape == (1, 64)
    assert head.dropout == 0.4


def test_class_activation_map_is_the_gradient_that_autograd_finds():
    torch.manual_seed(2)
    network = build_network("chexnet-densenet121", width=0.125)
    for _ in range(3):
        network(images(network, 4))
    network.eval()
    features = F.relu(network.features(images(network))).detach().requires_grad_()
    network.head(features.mean((2, 3)))[0].sum().backward()
    weights = features.grad.sum((2, 3), keepdim=True)
    expected = (features * weights).sum(1, keepdim=True)
    _, activation = network(images(network))
    assert expected.abs().max() > 1e-5
    assert torch.allclose(activation, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_pruned_network_says_what_the_whole_one_says_at_that_level(level):
    torch.manual_seed(3)
    network = build_network("unetplusplus", width=0.125).eval()
    pruned = network.pruned(level)
    with torch.inference_mode():
        whole, kept = network(images(network)), pruned(images(network))
    assert len(kept) == level
    assert torch.allclose(kept[-1], whole[level - 1], atol=1e-6)
    assert sum(p.numel() for p in pruned.parameters()) < sum(
        p.numel() for p in network.parameters()
    )


def test_second_network_sees_only_what_the_first_mask_shows():
    network = build_network("double-unet", width=0.125, blocks=2).eval()
    seen = []
    network.second_encoder[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    image = torch.zeros(1, 3, 16, 16)  # the mean grey of the normalisation
    with torch.inference_mode():
        network.first_head.weight.zero_()
        for bias, factor in ((-50.0, 0.0), (50.0, 1.0)):
            network.first_head.bias.fill_(bias)
            network(image)
            expected = torch.tensor(network.mean) * factor
            assert torch.allclose(seen[-1][0, :, 8, 8], expected, atol=1e-6)


def test_squeeze_excite_by_hand():
    block = SqueezeExcite(2, reduction=2)
    with torch.no_grad():
        block.squeeze.weight.copy_(torch.tensor([1.0, 1.0]).view(1, 2, 1, 1))
        block.excite.weight.copy_(torch.tensor([0.5, -0.5]).view(2, 1, 1, 1))
    features = torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]])  # channel means 2 and 2
    gates = torch.sigmoid(torch.tensor([2.0, -2.0])).view(1, 2, 1, 1)
    assert torch.allclose(block(features), features * gates)


def test_residual_block_is_its_shortcut_when_its_convolutions_are_silent():
    block = ResidualBlock(1, 1).eval()
    with torch.no_grad():
        block.second[0].weight.zero_()
        block.shortcut[0].weight.fill_(1)
    features = torch.tensor([[[[-1.0, 2.0]]]])
    assert block(features).flatten().tolist() == pytest.approx([0, 2], abs=1e-4)


def test_aspp_sees_as_far_as_its_rates():
    block = Aspp(1, 4).eval()
    with torch.no_grad():
        block.whole[0].weight.zero_()
    image = torch.zeros(1, 1, 49, 49, requires_grad=True)
    block(image + 1)[0, :, 24, 24].sum().backward()
    rows = torch.nonzero(image.grad[0, 0].abs().sum(1)).flatten().tolist()
    assert set(rows) <= {6, 12, 18, 24, 30, 36, 42}
    assert {6, 42} & set(rows)


def test_upsampling_by_hand():
    values = upsample(torch.tensor([[[[0.0, 4.0]]]]))[0, 0]
    assert values[0].tolist() == [0, 1, 3, 4]


VARIANTS = [*((name, {}) for name in NAMES), ("double-unet", {"blocks": 2})]


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_onnxruntime_agrees_at_full_width_for_any_batch(name, options):
    torch.manual_seed(4)
    network = build_network(name, **options)
    # With the norms of a fresh network next to nothing comes through that could differ.
    drawn = torch.from_numpy(draw_tensor(64, 64, network.channels))
    update_bn([drawn + 0.5 * images(network, 4) for _ in range(3)], network)
    module = Exported(network.eval())
    model = export_onnx(module, 64, half=False, channels=network.channels)
    for count in (1, 3):
        probe = drawn.numpy().repeat(count, 0)
        probe += np.random.default_rng(count).normal(0, 0.3, probe.shape).astype(np.float32)
        with torch.inference_mode():
            answer = module(torch.from_numpy(probe))
        largest = max(float(output.abs().max()) for output in answer)
        assert largest > 0.1
        # float32 holds seven digits: maps that reach beyond 1 are held to as many.
        assert largest_difference(module, model, probe) <= PARITY_TOLERANCE * max(1, largest)


def test_each_level_leaves_by_itself(tmp_path):
    network = build_network("unetplusplus", width=0.125).eval()
    sizes = []
    for level in (1, 2, 3, 4):
        model = export_onnx(Exported(network.pruned(level)), 64, half=False)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        (mask,) = session.run(None, {"image": draw_tensor(64, 64)})
        with torch.inference_mode():
            expected = network(torch.from_numpy(draw_tensor(64, 64)))[level - 1].numpy()
        assert np.abs(mask - expected).max() <= PARITY_TOLERANCE
        sizes.append(model.ByteSize())
    assert sizes == sorted(sizes)


def test_both_masks_of_the_double_unet_leave():
    network = build_network("double-unet", width=0.125, blocks=2).eval()
    model = export_onnx(Exported(network), 32, half=False, channels=3)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    assert [output.name for output in session.get_outputs()] == ["logits", "first_logits"]
    probe = draw_tensor(32, 32, 3)
    second, first = session.run(None, {"image": probe})
    with torch.inference_mode():
        expected = [mask.numpy() for mask in network(torch.from_numpy(probe))]
    assert np.abs(first - expected[0]).max() <= PARITY_TOLERANCE
    assert np.abs(second - expected[1]).max() <= PARITY_TOLERANCE
    assert np.abs(first - second).max() > 0.01


def test_bundle_refuses_a_side_that_cannot_be_halved(tmp_path):
    network = build_network("unet", width=0.0625)
    with pytest.raises(ValueError, match="multiples of 32"):
        write_network_bundle(network, network.task, 72, {}, tmp_path / "unet", {})


def test_bundle_refuses_a_network_that_onnxruntime_runs_differently(tmp_path, monkeypatch):
    network = build_network("unet", width=0.0625)
    monkeypatch.setattr(
        "pleura_training.network_bundle.largest_difference", lambda *_: 2 * PARITY_TOLERANCE
    )
    with pytest.raises(RuntimeError, match="away from PyTorch"):
        write_network_bundle(network, network.task, 64, {}, tmp_path / "unet", {})


@pytest.mark.parametrize("name", NAMES)
def test_configuration_builds_its_network_and_gives_every_reason(name):
    file = CONFIGS / f"{name}.toml"
    config = tomllib.loads(file.read_text())
    assert config["name"] == name
    network = build_network(name, width=0.125, **config["options"])
    assert config["side"] % network.multiple == 0
    assert config["side"] == network.side
    bare = [
        line
        for line in file.read_text().splitlines()
        if "=" in line and not line.startswith("name") and "# " not in line
    ]
    assert bare == []
    assert json.dumps(config)
