"""The two ways in which the joint network leaves PyTorch."""

from __future__ import annotations

import io
import warnings

import onnx
import torch
from torch import Tensor, nn

from .half_storage import store_weights_as_half
from .mirror import MirrorAveraged
from .network import ScreeningNetwork
from .scales import ScaleAveraged

OPSET = 17
JointNetwork = ScreeningNetwork | ScaleAveraged | MirrorAveraged


class Classifier(nn.Module):
    """Shape: image [N, 1, H, W] -> logits [N, 1], class_activation_map [N, 1, H/16, W/16]."""

    outputs = ("logits", "class_activation_map")

    def __init__(self, network: JointNetwork, shift: float) -> None:
        super().__init__()
        self.network = network
        self.shift = shift

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        logits, activation, _ = self.network(image)
        return logits + self.shift, activation


class Joint(nn.Module):
    """What both bundles of one network hold: the outputs of `Classifier`, and mask_logits
    [N, 1, H/4, W/4]. The product runs it once for both."""

    outputs = ("logits", "class_activation_map", "mask_logits")

    def __init__(self, network: JointNetwork, shift: float) -> None:
        super().__init__()
        self.network = network
        self.shift = shift

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, activation, mask_logits = self.network(image)
        return logits + self.shift, activation, mask_logits


class Segmenter(nn.Module):
    """Shape: image [N, 1, H, W] -> logits [N, 1, H/4, W/4]."""

    outputs = ("logits",)

    def __init__(self, network: JointNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image)[2]


def export_onnx(
    module: nn.Module, side: int, half: bool = True, channels: int = 1
) -> onnx.ModelProto:
    """Fixed rows and columns, free batch size. Weights as float16 unless told otherwise.

    The module names its outputs in `outputs`.
    """
    module = module.eval().to("cpu", memory_format=torch.contiguous_format)
    target = io.BytesIO()
    with warnings.catch_warnings():
        # The tracer warns about Python numbers; all of them are fixed by the fixed side.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(1, channels, side, side),),
            target,
            input_names=["image"],
            output_names=list(module.outputs),
            dynamic_axes={name: {0: "N"} for name in ("image", *module.outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(target.getvalue())
    return store_weights_as_half(model) if half else model
