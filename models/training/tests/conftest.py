import json
from dataclasses import asdict

import numpy as np
import pytest

from pleura_training.dataset import Row
from pleura_training.drawn_set import draw_set

SMALL = {
    "side": 64,
    "batch": 8,
    "epochs": 3,
    "learning_rate": 2e-3,
    "warmup_share": 0.2,
}
SEGMENTER = SMALL | {
    "name": "unet",
    "options": {"width": 0.125},
    "loss": {"bce": 1.0, "dice": 1.0},
    "positive_share": 0.5,
    "augmentation": {"flip": {"probability": 0.5}, "elastic": {"probability": 0.3}},
}
CLASSIFIER = SMALL | {
    "name": "chexnet-densenet121",
    "options": {"width": 0.125, "dropout": 0.4},
    "loss": {"bce": 1.0, "class_weights": "inverse-frequency"},
    "optimizer": "adam",
    "schedule": "plateau",
    "early_stopping": 6,
}
JOINT = SMALL | {
    "name": "joint",
    "options": {"encoder": "tf_efficientnet_lite0"},
    "loss": {"pixels": 8.0, "air": 3.0, "activation": 0.3},
    "head_rate": 5e-3,
    "positive_share": 0.5,
    "average_decay": 0.9,
    "augmentation": {"flip": {"probability": 0.5}},
}


def lay_collected(folder, count=48, trained=32, side=64, rows=None):
    """Drawn chests as `collect` leaves them, every second one with air; the rest is validation."""
    drawn = draw_set(count, side, 7)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", drawn.pictures)
    np.save(folder / "masks.npy", drawn.masks)
    sides = ["train"] * trained + ["validation"] * (count - trained)
    rows = rows or [
        asdict(Row(f"id{n}", f"p{n}", n % 2, bool(drawn.masks[n].any()), split, "drawn"))
        for n, split in enumerate(sides)
    ]
    table = {"side": side, "digest": "d" * 64, "rows": rows}
    (folder / "index.json").write_text(json.dumps(table))
    return folder


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """Read only."""
    return lay_collected(tmp_path_factory.mktemp("collected"))
