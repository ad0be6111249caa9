"""The whole way of a release on drawn pictures, from training to published bundles."""

import csv
import json
import sys

import cv2
import numpy as np
import pytest
from conftest import JOINT

from pleura_training import choose, compare_precision, evaluate, finish, learning_curve, publish
from pleura_training.calibration import Calibration
from pleura_training.phantom import draw_phantom
from pleura_training.plan import build_plan
from pleura_training.run_length import encode_run_length
from pleura_training.train import train

SIDE = 64
CONFIG = """
name = "joint"
options = { encoder = "resnet10t" }
side = 64
batch = 8
epochs = 1
learning_rate = 1e-3
positive_share = 0.5
"""


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


def test_walks_from_a_data_set_to_published_bundles(
    source, collected, tmp_path, monkeypatch, capsys
):
    def call(command, **words):
        arguments = [f"--{name}={value}" for name, value in words.items()]
        monkeypatch.setattr(sys, "argv", [command.__name__, *arguments])
        command.main()

    work = tmp_path / "work"
    work.mkdir()
    ids = [f"id{number}" for number in range(24)]
    split = {"sides": {"holdout": ids[:16], "gold-test": ids[16:]}}
    (work / "split.json").write_text(json.dumps(split))
    train(build_plan(JOINT, "a.toml"), collected, work / "run", "cpu")
    (work / "config.toml").write_text(CONFIG)
    curves = {"config": work / "config.toml", "data": collected, "out": work / "curve"}
    call(learning_curve, **curves, epochs=1)
    curve = json.loads((work / "curve/learning-curve.json").read_text())
    assert [row["images"] for row in curve] == [8, 16, 32]
    runs = [work / f"curve/share-{share}/run.json" for share in (25, 50, 100)]
    # As many steps whatever the share.
    assert [json.loads(run.read_text())["plan"]["epochs"] for run in runs] == [4, 2, 1]
    assert (work / "curve/learning-curve.png").stat().st_size > 0

    # A few steps teach nothing, not even which way is up.
    monkeypatch.setattr(choose, "fit_calibration", lambda logits, labels: Calibration(-1.0, 1.5))
    weights = work / "run/weights.pt"
    call(finish, weights=weights, data=collected, out=work / "bundles")
    capsys.readouterr()
    of = {"data": collected, "weights": weights, "bundles": work / "bundles"}
    call(compare_precision, **of, rounds=3)
    table = capsys.readouterr().out
    assert table.count("| int8 |") == 2
    assert "| pleura-classifier-s1 | float16 storage |" in table
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
    assert bundle["limits"] == publish.LIMITS
    assert bundle["training"]["data"].count(publish.DATA) == 1
    assert "it knows nothing" in (models / "pleura-segmenter-s1/MODEL_CARD.md").read_text()
