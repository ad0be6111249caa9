"""The same network in three precisions."""

from pathlib import Path

import numpy as np
import torch

from pleura_training.architectures import build_network
from pleura_training.bundle_session import SegmenterSession
from pleura_training.compare_precision import Row, table_of, time_together, write_variants
from pleura_training.drawn_set import draw_set
from pleura_training.onnx_export import Exported
from pleura_training.short_training import train_briefly

BUNDLE = Path(__file__).parents[3] / "test/fixtures/architectures/unet"


def test_int8_is_small_and_says_nearly_what_float32_says(tmp_path):
    torch.manual_seed(1)
    network = build_network("unet", width=0.125)
    drawn = draw_set(16, 64, seed=1)
    train_briefly(network, drawn, 10)
    images = list(drawn.pictures)
    folders = write_variants(Exported(network), BUNDLE, tmp_path, images[:8])
    sizes = {kind: (folder / "model.onnx").stat().st_size for kind, folder in folders.items()}
    assert sizes["int8"] < sizes["float16 storage"] < sizes["float32"]
    logits = {
        kind: np.stack([SegmenterSession(folder).mask_logits(image) for image in images[8:]])
        for kind, folder in folders.items()
    }
    assert np.abs(logits["float16 storage"] - logits["float32"]).max() < 0.05
    assert np.corrcoef(logits["int8"].ravel(), logits["float32"].ravel())[0, 1] > 0.98
    assert np.abs(logits["int8"] - logits["float32"]).max() > 0
    assert set(time_together(folders, images[0], rounds=3)) == set(folders)


def test_the_table_shows_every_row():
    row = Row("a-bundle", "int8", 3.84, 18.6, "AUC", 0.83111, (0.7531, 0.9009))
    assert table_of([row]).splitlines()[-1] == (
        "| a-bundle | int8 | 3.8 | 19 | AUC | 0.831 (0.753–0.901) |"
    )
