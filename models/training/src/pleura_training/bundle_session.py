"""A bundle as the product runs it: model.json, onnxruntime and the serving contract."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime

from .postprocessing import Postprocessing, build_mask, sigmoid
from .resize import resize_stretch


class BundleSession:
    def __init__(self, folder: Path, threads: int = 2) -> None:
        self.folder = folder
        self.bundle = json.loads((folder / "model.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            str(folder / self.bundle["file"]), options, providers=["CPUExecutionProvider"]
        )

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Shape: [H, W] uint8 -> [1, channels, rows, columns] float32; grey is repeated."""
        contract = self.bundle["input"]
        plane = resize_stretch(image, contract["rows"], contract["columns"]) / np.float32(255)
        mean, std = (np.array(contract[key], np.float32)[:, None, None] for key in ("mean", "std"))
        return ((plane[None] - mean) / std)[None]

    def run(self, tensor: np.ndarray, output: str) -> np.ndarray:
        return self.session.run([output], {self.bundle["input"]["name"]: tensor})[0]


class ClassifierSession(BundleSession):
    def probability(self, image: np.ndarray) -> float:
        """Calibrated probability of the positive label."""
        output = self.bundle["output"]["logits"]
        logit = self.run(self.prepare(image), output["name"])[0, output["positiveLabel"]]
        temperature = self.bundle["calibration"].get("temperature", 1.0)
        return float(sigmoid(logit / temperature))


class SegmenterSession(BundleSession):
    @property
    def rule(self) -> Postprocessing:
        named = self.bundle["postprocessing"]
        return Postprocessing(
            named["maskThreshold"],
            named["topThreshold"],
            named["minimumAreaPixels"],
            named["maximumHoleAreaPixels"],
        )

    def mask_logits(self, image: np.ndarray) -> np.ndarray:
        """Shape: [H, W] uint8 -> [h, w] float32."""
        name = self.bundle["output"]["probabilityMap"]["name"]
        return self.run(self.prepare(image), name)[0, 0]

    def mask(self, image: np.ndarray) -> np.ndarray:
        """Shape: as the image, uint8, 0 or 1."""
        return build_mask(self.mask_logits(image), self.rule, *image.shape)
