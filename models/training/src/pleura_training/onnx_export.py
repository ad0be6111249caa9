"""How a network leaves PyTorch."""

from __future__ import annotations

import io
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from .architectures import Architecture
from .half_storage import store_weights_as_half

OPSET = 17
OUTPUTS = {
    "classification": ("logits", "class_activation_map"),
    "segmentation": ("logits",),
    "joint": ("logits", "class_activation_map", "mask_logits"),
}


class Exported(nn.Module):
    """The answers under the names of `outputs`; of masks the best, of double-unet the first too.

    Shape: image [N, C, H, W] -> logits [N, 1] (of a segmenter: masks [N, 1, H, W]),
    class_activation_map [N, 1, h, w], mask_logits [N, 1, h, w].
    """

    def __init__(self, network: Architecture, shift: float = 0.0) -> None:
        super().__init__()
        self.network, self.shift = network, shift
        self.outputs = OUTPUTS[network.task]
        if network.name == "double-unet":
            self.outputs = (*self.outputs, "first_logits")

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        answer = self.network(image)
        if self.network.task == "segmentation":
            return tuple(answer[::-1][: len(self.outputs)])
        logits, *maps = answer
        return logits + self.shift, *maps


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


@torch.inference_mode()
def largest_difference(
    module: torch.nn.Module, model: onnx.ModelProto, tensor: np.ndarray
) -> float:
    """Largest distance of any output between PyTorch in float32 and onnxruntime."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    expected = module(torch.from_numpy(tensor))
    actual = session.run(None, {"image": tensor})
    return max(
        float(np.abs(have - want.numpy()).max())
        for have, want in zip(actual, expected, strict=True)
    )
