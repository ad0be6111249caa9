"""Weights of others, in files made here: both layouts, both names, and what is refused."""

import h5py
import numpy as np
import pytest
import torch

from pleura_training.architectures import build_network
from pleura_training.architectures.chexnet_weights import (
    CHEXNET_LABELS,
    from_keras_kernel,
    load_chexnet_weights,
    load_imagenet_weights,
)

WIDTH = 0.125
BLOCKS = (6, 12, 24, 16)


@pytest.fixture(scope="module")
def teacher():
    """A DenseNet121 with random weights and statistics, and its 14 outputs."""
    torch.manual_seed(3)
    network = build_network("chexnet-densenet121", width=WIDTH).eval()
    state = network.features.state_dict()
    for name, tensor in state.items():
        if name.endswith(("running_mean", "bias")):
            tensor.copy_(torch.randn_like(tensor) * 0.1)
        elif name.endswith("running_var"):
            tensor.copy_(torch.rand_like(tensor) + 0.5)
    network.findings = torch.nn.Linear(network.head.dense[0].in_features, 14)
    return network


def pooled(network, image):
    with torch.inference_mode():
        return torch.relu(network.features(image)).mean((2, 3))


@pytest.fixture(scope="module")
def image():
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(4))


def same_findings(teacher, student, layer, image):
    with torch.inference_mode():
        expected = teacher.findings(pooled(teacher, image))
    found = pooled(student, image) @ layer.weight.T + layer.bias
    assert found == pytest.approx(expected, abs=2e-4)


def old_name(name):
    """norm1 -> norm.1, the way files before PyTorch 0.4 were written."""
    for part in ("norm", "conv"):
        for number in "12":
            if "denselayer" in name:
                name = name.replace(f".{part}{number}.", f".{part}.{number}.")
    return name


@pytest.mark.parametrize("old", [True, False])
def test_reads_the_pytorch_layout(teacher, image, tmp_path, old):
    state = {
        f"module.densenet121.features.{k}": v for k, v in teacher.features.state_dict().items()
    }
    if old:
        state = {old_name(k): v for k, v in state.items() if "num_batches" not in k}
        assert "module.densenet121.features.denseblock1.denselayer1.norm.1.weight" in state
    for key in ("weight", "bias"):
        state[f"module.densenet121.classifier.0.{key}"] = teacher.findings.state_dict()[key]
    file = tmp_path / "model.pth.tar"
    torch.save({"epoch": 5, "state_dict": state}, file)
    student = build_network("chexnet-densenet121", width=WIDTH).eval()
    layer = load_chexnet_weights(student, file)
    same_findings(teacher, student, layer, image)
    assert layer.labels == CHEXNET_LABELS
    assert layer.pneumothorax == 7


def keras_name(name):
    """denseblock1.denselayer2.conv1 -> conv2_block2_1_conv, as keras.applications names it."""
    if name in ("conv0", "norm0"):
        return {"conv0": "conv1/conv", "norm0": "conv1/bn"}[name]
    if name == "norm5":
        return "bn"
    block, rest = name.split(".", 1)
    number = int(block[-1])
    if block.startswith("transition"):
        return f"pool{number + 1}_" + {"norm": "bn", "conv": "conv"}[rest]
    layer, kind = rest.split(".")
    ending = {"norm1": "0_bn", "conv1": "1_conv", "norm2": "1_bn", "conv2": "2_conv"}[kind]
    return f"conv{number + 1}_block{layer.removeprefix('denselayer')}_{ending}"


def write_keras(file, teacher, outputs=14, leave_out=(), wrap=False):
    layers = {}
    for name, module in teacher.features.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            kernel = module.weight.detach().permute(2, 3, 1, 0).numpy()
            layers[keras_name(name)] = {"kernel": kernel}
        elif isinstance(module, torch.nn.BatchNorm2d):
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            values = (module.weight, module.bias, module.running_mean, module.running_var)
            pairs = zip(names, values, strict=True)
            layers[keras_name(name)] = {key: value.detach().numpy() for key, value in pairs}
    layers["predictions"] = {
        "kernel": teacher.findings.weight.detach().numpy().T[:, :outputs],
        "bias": teacher.findings.bias.detach().numpy()[:outputs],
    }
    with h5py.File(file, "w") as h5:
        root = h5.create_group("model_weights") if wrap else h5
        kept = [name for name in ("input_1", *layers) if name not in leave_out]
        root.attrs["layer_names"] = np.array([name.encode() for name in kept])
        for name in kept:
            group = root.create_group(name) if name not in root else root[name]
            arrays = layers.get(name, {})
            names = [f"{name}/{key}:0" for key in arrays]
            group.attrs["weight_names"] = np.array([each.encode() for each in names])
            for key, array in arrays.items():
                group[f"{name}/{key}:0"] = array


@pytest.mark.parametrize("wrap", [False, True])
def test_reads_the_keras_layout(teacher, image, tmp_path, wrap):
    file = tmp_path / "chexnet.h5"
    write_keras(file, teacher, wrap=wrap)
    student = build_network("chexnet-densenet121", width=WIDTH).eval()
    layer = load_chexnet_weights(student, file)
    same_findings(teacher, student, layer, image)
    assert student.features.norm5.eps == pytest.approx(1.001e-5)


def test_transposes_kernels_as_keras_means_them():
    """A 3x3 convolution by hand, in Keras' axes, is the one PyTorch does."""
    generator = np.random.default_rng(5)
    picture, kernel = generator.normal(size=(4, 5, 2)), generator.normal(size=(3, 3, 2, 3))
    expected = np.zeros((2, 3, 3))
    for row in range(2):
        for column in range(3):
            window = picture[row : row + 3, column : column + 3]
            expected[row, column] = np.einsum("yxi,yxio->o", window, kernel)
    there = torch.from_numpy(picture.transpose(2, 0, 1)[None]).float()
    found = torch.conv2d(there, from_keras_kernel(kernel))[0].permute(1, 2, 0)
    assert found.numpy() == pytest.approx(expected, abs=1e-5)
    assert from_keras_kernel(np.array([[1.0, 2, 3]])).tolist() == [[1], [2], [3]]


def test_knows_the_place_of_pneumothorax_in_another_order(teacher, tmp_path):
    file = tmp_path / "other.h5"
    write_keras(file, teacher)
    other = ("Atelectasis", "Consolidation", "Infiltration", "Pneumothorax")
    other += tuple(label for label in CHEXNET_LABELS if label not in other)
    student = build_network("chexnet-densenet121", width=WIDTH)
    assert load_chexnet_weights(student, file, other).pneumothorax == 3


def test_reads_imagenet_weights_without_their_classes(teacher, image, tmp_path):
    state = {old_name(f"features.{k}"): v for k, v in teacher.features.state_dict().items()}
    inputs = teacher.findings.in_features
    state |= {"classifier.weight": torch.zeros(1000, inputs), "classifier.bias": torch.zeros(1000)}
    torch.save(state, tmp_path / "densenet121.pth")
    student = build_network("chexnet-densenet121", width=WIDTH).eval()
    load_imagenet_weights(student, tmp_path / "densenet121.pth")
    assert pooled(student, image) == pytest.approx(pooled(teacher, image), abs=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": 13}, "13 outputs, but 14 labels"),
        ({"leave_out": ("conv3_block2_1_conv",)}, "no weight"),
        ({"leave_out": ("predictions",)}, "0 last layers"),
    ],
)
def test_refuses_a_file_that_is_not_chexnet(teacher, tmp_path, change, message):
    write_keras(tmp_path / "odd.h5", teacher, **change)
    student = build_network("chexnet-densenet121", width=WIDTH)
    before = student.features.conv0.weight.clone()
    with pytest.raises(ValueError, match=message):
        load_chexnet_weights(student, tmp_path / "odd.h5")
    assert torch.equal(student.features.conv0.weight, before)


def test_refuses_weights_of_another_width(teacher, tmp_path):
    write_keras(tmp_path / "narrow.h5", teacher)
    with pytest.raises(ValueError, match=r"conv0\.weight is"):
        load_chexnet_weights(
            build_network("chexnet-densenet121", width=0.25), tmp_path / "narrow.h5"
        )
