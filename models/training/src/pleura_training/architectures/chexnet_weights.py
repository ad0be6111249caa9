"""Weights of others, brought by the user, into the classifier's DenseNet121."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor

from .chexnet import DEPTHS, ChexnetDenseNet121

CHEXNET_LABELS = (
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
)
"""ChestX-ray14 in CheXNet's order. Other 14-label checkpoints order them otherwise."""
KERAS_EPSILON = 1.001e-5
BATCH_NORM = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


@dataclass(frozen=True)
class FindingLayer:
    """The checkpoint's own last layer: pooled features to 14 findings.

    Shape: weight [14, features], bias [14], in the order of `labels`.
    """

    labels: tuple[str, ...]
    weight: Tensor
    bias: Tensor

    @property
    def pneumothorax(self) -> int:
        return self.labels.index("Pneumothorax")


def load_chexnet_weights(
    network: ChexnetDenseNet121, file: Path, labels: tuple[str, ...] = CHEXNET_LABELS
) -> FindingLayer:
    """Fills the features from a 14-output DenseNet121: Keras `.h5` or PyTorch `.pth.tar`.

    The network's own head stays as it is. `labels`: the order of the checkpoint's outputs.
    Raises ValueError when a layer is missing or of another shape; then nothing was loaded.
    """
    if file.suffix in (".h5", ".hdf5"):
        features, weight, bias = read_keras(file)
        epsilon = KERAS_EPSILON
    else:
        features, weight, bias = read_pytorch(file)
        epsilon = 1e-5
    if len(weight) != len(labels) or len(bias) != len(labels):
        raise ValueError(f"{file.name} has {len(weight)} outputs, but {len(labels)} labels")
    load_features(network, features, file)
    for module in network.features.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = epsilon
    return FindingLayer(tuple(labels), weight, bias)


def load_imagenet_weights(network: ChexnetDenseNet121, file: Path) -> None:
    """Fills the features from torchvision's densenet121 file; its 1000 classes are left out."""
    load_features(network, read_pytorch(file)[0], file)


def load_features(network: ChexnetDenseNet121, features: dict[str, Tensor], file: Path) -> None:
    wanted = network.features.state_dict()
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    missing = wanted.keys() - features.keys() - counters
    unknown = features.keys() - wanted.keys()
    if missing or unknown:
        raise ValueError(
            f"{file.name} is not a DenseNet121: {len(missing)} weights are missing "
            f"({', '.join(sorted(missing)[:3])}), {len(unknown)} are unknown "
            f"({', '.join(sorted(unknown)[:3])})"
        )
    for name, tensor in features.items():
        if tensor.shape != wanted[name].shape:
            raise ValueError(
                f"{file.name}: {name} is {tuple(tensor.shape)}, not {tuple(wanted[name].shape)}"
            )
    network.features.load_state_dict({**wanted, **features})


def read_pytorch(file: Path) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Features, and weight and bias of the last layer."""
    state = torch.load(file, map_location="cpu", weights_only=True)
    state = state.get("state_dict", state)
    features, last = {}, {}
    for key, tensor in state.items():
        name = key.removeprefix("module.").removeprefix("densenet121.")
        if name.startswith("features."):
            # Files older than PyTorch 0.4 write norm.1 for norm1.
            name = re.sub(r"\.(norm|conv)\.([12])\.", r".\1\2.", name)
            features[name.removeprefix("features.")] = tensor
        elif name.startswith("classifier."):
            last[name.rsplit(".", 1)[1]] = tensor
    if set(last) != {"weight", "bias"}:
        raise ValueError(f"{file.name} has no layer 'classifier'")
    return features, last["weight"], last["bias"]


def keras_layers() -> Iterator[tuple[str, str]]:
    """Names of the layers in Keras and here."""
    yield "conv1/conv", "conv0"
    yield "conv1/bn", "norm0"
    for block, layers in enumerate(DEPTHS, 1):
        for layer in range(1, layers + 1):
            keras = f"conv{block + 1}_block{layer}"
            here = f"denseblock{block}.denselayer{layer}"
            yield f"{keras}_0_bn", f"{here}.norm1"
            yield f"{keras}_1_conv", f"{here}.conv1"
            yield f"{keras}_1_bn", f"{here}.norm2"
            yield f"{keras}_2_conv", f"{here}.conv2"
        if block < len(DEPTHS):
            yield f"pool{block + 1}_bn", f"transition{block}.norm"
            yield f"pool{block + 1}_conv", f"transition{block}.conv"
    yield "bn", "norm5"


def from_keras_kernel(kernel: np.ndarray) -> Tensor:
    """Shape: [rows, columns, in, out] -> [out, in, rows, columns], or [in, out] -> [out, in]."""
    axes = (3, 2, 0, 1) if kernel.ndim == 4 else (1, 0)
    return torch.from_numpy(np.ascontiguousarray(kernel.transpose(axes), np.float32))


def read_keras_arrays(file: Path) -> dict[str, np.ndarray]:
    """Every weight by its name, without the `:0` of its graph."""
    with h5py.File(file) as h5:
        root = h5.get("model_weights", h5)
        if "layer_names" not in root.attrs:
            raise ValueError(f"{file.name} is no Keras weight file: it has no 'layer_names'")
        arrays = {}
        for layer in root.attrs["layer_names"]:
            group = root[layer.decode() if isinstance(layer, bytes) else layer]
            for weight in group.attrs["weight_names"]:
                name = weight.decode() if isinstance(weight, bytes) else weight
                arrays[name.removesuffix(":0")] = group[name][()]
        return arrays


def read_keras(file: Path) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Features, and weight and bias of the last layer."""
    arrays = read_keras_arrays(file)
    features = {}
    try:
        for keras, here in keras_layers():
            if f"{keras}/kernel" in arrays:
                features[f"{here}.weight"] = from_keras_kernel(arrays.pop(f"{keras}/kernel"))
                continue
            for theirs, ours in BATCH_NORM.items():
                array = np.asarray(arrays.pop(f"{keras}/{theirs}"), np.float32)
                features[f"{here}.{ours}"] = torch.from_numpy(array)
    except KeyError as missing:
        raise ValueError(f"{file.name} has no weight {missing}") from None
    kernels = [name for name in arrays if name.endswith("/kernel")]
    if len(kernels) != 1:
        raise ValueError(f"{file.name} has {len(kernels)} last layers, expected one: {kernels}")
    bias = np.asarray(arrays[kernels[0].replace("/kernel", "/bias")], np.float32)
    return features, from_keras_kernel(arrays[kernels[0]]), torch.from_numpy(bias)
