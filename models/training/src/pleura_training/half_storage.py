"""Weights stored as 16-bit floats, computed as 32-bit: half the file, the same speed."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 64
"""Tensors below this many values stay as they are: a Cast node costs more than it saves."""


def store_weights_as_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Each large float initializer becomes a float16 one behind a Cast to float32."""
    graph = model.graph
    casts = []
    for initializer in graph.initializer:
        if initializer.data_type != TensorProto.FLOAT or np.prod(initializer.dims) < SMALLEST:
            continue
        values = numpy_helper.to_array(initializer)
        if np.abs(values).max() > 60_000:
            raise ValueError(f"weight {initializer.name} does not fit into 16 bits")
        name = initializer.name
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
        initializer.CopyFrom(half)
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for place, node in enumerate(casts):
        graph.node.insert(place, node)
    onnx.checker.check_model(model)
    return model
