"""The whole way on drawn pictures: index, train, choose, export, evaluate, publish."""

import csv
import json
import sys

import cv2
import numpy as np
import pytest

from pleura_training import choose, evaluate, export, index, learning_curve, plot, publish, train
from pleura_training.calibration import Calibration
from pleura_training.phantom import draw_phantom
from pleura_training.radiographs import load_radiograph_set
from pleura_training.run_length import encode_run_length

SIDE = 64


@pytest.fixture
def source(tmp_path):
    """24 drawn radiographs with a mask on every other one; the last 8 are gold."""
    folder = tmp_path / "radiographs"
    (folder / "images").mkdir(parents=True)
    mask = np.zeros((1024, 1024), np.uint8)
    mask[128:400, 160:320] = 1
    rows, codes = [], []
    for number in range(24):
        label = number % 2
        name = f"images/id{number}.png"
        cv2.imwrite(str(folder / name), draw_phantom(SIDE, SIDE, number, label == 1))
        row = {"id": f"id{number}", "file": name, "label": label, "label_source": "drawn"}
        row |= {"patient": "", "split": "gold" if number >= 16 else "silver"}
        rows.append(row | {"view": "PA", "sex": "F", "age": ""})
        codes.append({"ImageId": f"id{number}", "EncodedPixels": encode_run_length(mask * label)})
    for name, table in (("index.csv", rows), ("train-rle.csv", codes)):
        with open(folder / name, "w", newline="") as file:
            writer = csv.DictWriter(file, table[0].keys())
            writer.writeheader()
            writer.writerows(table)
    return folder


def test_walks_from_radiographs_to_published_bundles(source, tmp_path, monkeypatch):
    def call(command, **words):
        arguments = [f"--{name}={value}" for name, value in words.items()]
        monkeypatch.setattr(sys, "argv", [command.__name__, *arguments])
        command.main()

    work = tmp_path / "work"
    work.mkdir()
    call(index, source=source, out=work / "index", side=SIDE)
    masks = load_radiograph_set(work / "index").masks
    assert masks[1, 8:25, 10:20].min() == 255
    assert masks[1, :8].max() == 0
    ids = [f"id{number}" for number in range(24)]
    sides = {"train": ids[:4], "validation": ids[4:10], "holdout": ids[10:16]}
    digest = json.loads((work / "index/index.json").read_text())["digest"]
    split = {"seed": 1, "digest": digest, "sides": sides | {"gold-test": ids[16:]}}
    (work / "split.json").write_text(json.dumps(split))
    config = {"width": 8, "depths": [1, 1, 1, 1], "steps": 12, "batch": 4, "warmup_steps": 1}
    config |= {"sides": [[0, SIDE]], "validate_every": 12, "average_decay": 0.5}
    (work / "config.json").write_text(json.dumps(config))
    places = {"index": work / "index", "split": work / "split.json"}
    call(train, **places, out=work / "run", config=work / "config.json", device="cpu")
    call(plot, run=work / "run")
    assert (work / "run/metrics.png").stat().st_size > 0

    call(learning_curve, **places, out=work / "curve", config=work / "config.json")
    curve = json.loads((work / "curve/learning-curve.json").read_text())
    assert [row["images"] for row in curve] == [2, 2, 4]
    assert (work / "curve/learning-curve.png").stat().st_size > 0

    checkpoint = work / "run/checkpoint.pt"
    # Twelve steps teach nothing, not even which way is up.
    monkeypatch.setattr(choose, "fit_calibration", lambda logits, labels: Calibration(-1.0, 1.5))
    call(choose, **places, checkpoint=checkpoint, out=work / "choice.json", device="cpu")
    parts = {"checkpoint": checkpoint, "choice": work / "choice.json", "out": work / "bundles"}
    call(export, **parts, task="segmentation")
    assert not (work / "bundles/profile.json").exists()
    call(export, **parts, task="classification")
    apart = json.loads((work / "bundles/profile.json").read_text())
    assert apart["classifier"]["sha256"] != apart["segmenter"]["sha256"]
    call(export, **parts)
    joint = json.loads((work / "bundles/profile.json").read_text())
    assert joint["classifier"]["sha256"] == joint["segmenter"]["sha256"]
    report = work / "report.json"
    call(evaluate, source=source, split=work / "split.json", models=work / "bundles", out=report)
    (work / "failures.md").write_text("None worth telling: it knows nothing.")
    models = tmp_path / "models"
    models.mkdir()
    for _ in range(2):
        call(
            publish,
            bundles=work / "bundles",
            report=report,
            curve=work / "curve/learning-curve.json",
            failures=work / "failures.md",
            models=models,
        )

    assert sorted(path.name for path in models.iterdir()) == [
        "pleura-classifier-s1",
        "pleura-segmenter-s1",
        "profile.json",
    ]
    assert (models / "pleura-classifier-s1/calibration.png").stat().st_size > 0
    bundle = json.loads((models / "pleura-segmenter-s1/model.json").read_text())
    measured = {(entry["set"], entry["metric"]) for entry in bundle["evaluation"]}
    assert ("gold test", "dice, positives only") in measured
    assert ("silver hold-out", "cascade dice, empty = 1") in measured
    assert "it knows nothing" in (models / "pleura-segmenter-s1/MODEL_CARD.md").read_text()
