"""The study's trainer: data, plans, runs that survive a kill, bundles."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pleura_training.architectures import build_network
from pleura_training.bundle_session import ClassifierSession, SegmenterSession
from pleura_training.drawn_set import draw_set
from pleura_training.workshop import train as trainer
from pleura_training.workshop.dataset import (
    in_sides,
    load_workshop_set,
    pack_prepared,
    read_prepared,
)
from pleura_training.workshop.distortions import build_augmentation
from pleura_training.workshop.epoch_batches import EpochBatches
from pleura_training.workshop.finish import finish
from pleura_training.workshop.mirrored import Mirrored
from pleura_training.workshop.plan import build_plan, read_plan

CONFIGS = Path(__file__).parents[1] / "configs"
SMALL = {
    "side": 64,
    "batch": 8,
    "epochs": 3,
    "optimizer": "adamw",
    "learning_rate": 2e-3,
    "schedule": "cosine",
    "warmup_epochs": 1,
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
    "schedule": "plateau",
    "warmup_epochs": 0,
    "early_stopping": 6,
}


def lay_prepared(folder, count, side=64):
    """As `pleura prepare-dataset --sizes 1024` leaves it; every sixth lacks its outline."""
    drawn = draw_set(count, side, seed=4)
    for name in ("images", "masks"):
        (folder / "1024" / name).mkdir(parents=True)
    with open(folder / "index.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "patient", "split"])
        for n in range(count):
            split = "train" if n < count * 2 // 3 else "validation"
            writer.writerow([f"p{n}", drawn.labels[n], f"patient{n // 2}", split])
            cv2.imwrite(str(folder / "1024" / "images" / f"p{n}.png"), drawn.pictures[n])
            if drawn.labels[n] and n % 6 != 5:
                mask = drawn.masks[n] * 255
                cv2.imwrite(str(folder / "1024" / "masks" / f"p{n}.png"), mask)
    return drawn


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    lay_prepared(folder / "prepared", 48)
    pack_prepared(read_prepared(folder / "prepared"), folder, 64)
    return folder


def test_packs_pixels_outlines_and_sides_as_they_were_prepared(tmp_path):
    drawn = lay_prepared(tmp_path / "prepared", 12)
    packed = pack_prepared(read_prepared(tmp_path / "prepared"), tmp_path / "data", 64)
    assert np.array_equal(packed.images, drawn.pictures)
    assert packed.masks.max() == 1
    for n, row in enumerate(packed.rows):
        outlined = drawn.labels[n] == 1 and n % 6 != 5
        assert (row.id, row.label, row.has_mask) == (f"p{n}", drawn.labels[n], outlined)
        assert np.array_equal(packed.masks[n], drawn.masks[n] if outlined else 0 * drawn.masks[n])
    assert {row.split for row in packed.rows} == {"train", "validation"}
    assert load_workshop_set(tmp_path / "data").digest == packed.digest
    with pytest.raises(FileNotFoundError, match="collect"):
        load_workshop_set(tmp_path)


def test_a_radiograph_without_a_label_is_left_out(tmp_path):
    lay_prepared(tmp_path / "prepared", 6)
    index = tmp_path / "prepared" / "index.csv"
    index.write_text(index.read_text().replace("p0,0", "p0,"))
    assert len(pack_prepared(read_prepared(tmp_path / "prepared"), tmp_path / "data", 64).rows) == 5
    index.write_text("id,label,patient,split\n")
    with pytest.raises(ValueError, match="no radiograph with a label"):
        pack_prepared(read_prepared(tmp_path / "prepared"), tmp_path / "data", 64)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_configuration_is_a_plan(path):
    plan = read_plan(path)
    assert plan.name == path.stem
    assert plan.augmentation, "the study trained no network without augmentation"
    network = build_network(plan.name, width=0.125, **plan.options)
    build_augmentation(plan.augmentation, network.channels == 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learnig_rate": 1}, "learnig_rate is not known"),
        ({"schedule": "step"}, "it may be cosine or plateau"),
        ({"batch": 0}, "it must be 1 or more"),
        ({"swa_epochs": 2}, "leave none of 3"),
    ],
)
def test_a_wrong_plan_is_refused_with_what_it_may_be(change, message):
    with pytest.raises(ValueError, match=message):
        build_plan(SEGMENTER | change, "a.toml")
    with pytest.raises(ValueError, match="side"):
        build_plan({key: SMALL[key] for key in SMALL if key != "side"} | {"name": "unet"}, "a.toml")


def test_the_rate_warms_up_falls_and_stays_for_the_average():
    plan = build_plan(SEGMENTER | {"epochs": 10, "swa_epochs": 4}, "a.toml")
    rates = [trainer.cosine_rate(plan, n) for n in (0.5, 1, 3.5, 6, 8, 10)]
    assert rates[0] < rates[1] == plan.learning_rate
    assert rates[2] == pytest.approx(plan.learning_rate * (0.05 + 0.95 / 2))
    assert rates[3:] == pytest.approx([0.05 * plan.learning_rate] * 3)


def test_an_epoch_is_the_same_twice_and_another_the_next_time(data):
    workshop = load_workshop_set(data)
    plan = build_plan(SEGMENTER, "a.toml")
    torch.manual_seed(0)
    network = build_network(plan.name, **plan.options)
    batches = EpochBatches(workshop, network, plan)
    first, again, next_one = (list(batches.epoch(n)) for n in (0, 0, 1))
    assert len(first) == len(batches)
    for one, other in zip(first, again, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert not torch.equal(first[0][0], next_one[0][0])
    images, masks, labels = first[0]
    assert images.shape == (8, 1, 64, 64)
    assert masks.shape == (8, 1, 64, 64)
    assert labels.sum() == 4
    # None of the positives that nobody outlined teaches an empty mask.
    for _, masks, labels in first:
        assert torch.equal(masks.flatten(1).any(1).float(), labels[:, 0])


def run(plan, data, out, **changes):
    return trainer.train(build_plan(plan | changes, "a.toml"), data, out, "cpu")


def rows_of(out):
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def test_a_killed_run_goes_on_as_if_it_had_not_been(data, tmp_path):
    plan = CLASSIFIER | {"epochs": 6}
    run(plan, data, tmp_path / "whole")
    config = tmp_path / "plan.toml"
    config.write_text(
        "\n".join(
            f"{key} = {json.dumps(value)}"
            for key, value in plan.items()
            if not isinstance(value, dict)
        )
        + "\noptions = { width = 0.125, dropout = 0.4 }\n[loss]\nbce = 1.0\n"
        'class_weights = "inverse-frequency"\n'
    )
    words = ["--config", config, "--data", data, "--out", tmp_path / "killed", "--device", "cpu"]
    command = [sys.executable, "-m", "pleura_training.workshop.train", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(Path(trainer.__file__).parents[2])}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while not (tmp_path / "killed" / "checkpoint.pt").exists():
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert 1 <= len(rows_of(tmp_path / "killed")) < 6
    assert not (tmp_path / "killed" / "weights.pt").exists()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert rows_of(tmp_path / "killed") == rows_of(tmp_path / "whole")
    ends = [torch.load(tmp_path / each / "weights.pt") for each in ("killed", "whole")]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    record = json.loads((tmp_path / "killed" / "run.json").read_text())
    assert record["data_digest"] == load_workshop_set(data).digest
    assert record["plan"]["seed"] == 1
    assert record["commit"]
    assert (tmp_path / "killed" / "metrics.png").stat().st_size > 1000
    # Ended: nothing is trained again; another plan is no continuation.
    before = (tmp_path / "killed" / "checkpoint.pt").stat().st_mtime_ns
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "killed" / "checkpoint.pt").stat().st_mtime_ns == before
    other = subprocess.run(
        [*command, "--seed", "2"], env=environment, capture_output=True, text=True
    )
    assert other.returncode == 1
    assert "another plan" in other.stderr


class Judgements:
    """Validation as a list of results, so that what follows from them can be seen."""

    def __init__(self, monkeypatch, results, metric):
        self.left = iter(results)
        monkeypatch.setattr(trainer, "judge", lambda *_: {metric: next(self.left)})


def test_stops_early_and_lowers_the_rate_on_a_plateau(data, tmp_path, monkeypatch):
    Judgements(monkeypatch, [0.6, 0.7, *[0.65] * 20], "auc")
    record = run(CLASSIFIER, data, tmp_path, epochs=20)
    rows = rows_of(tmp_path)
    assert len(rows) == 2 + 6
    assert record["ended"] == "no better auc in 6 epochs"
    assert record["kept"] == {"weights": "best epoch", "epoch": 2, "auc": 0.7}
    # Patience 3: the fourth epoch without a gain lowers it, the next is trained with a tenth.
    rates = [row["learning_rate"] for row in rows]
    assert rates == pytest.approx([2e-3] * 6 + [2e-4] * 2)


@pytest.mark.parametrize(
    ("last", "kept"), [(0.9, "average of the last epochs"), (0.1, "best epoch")]
)
def test_keeps_the_average_only_where_it_judges_better(data, tmp_path, monkeypatch, last, kept):
    Judgements(monkeypatch, [0.3, 0.5, 0.4, 0.4, last], "dice")
    record = run(SEGMENTER, data, tmp_path, epochs=4, swa_epochs=2)
    assert record["kept"]["weights"] == kept
    assert record["kept"]["averaged"] == last
    assert record["kept"]["dice"] == max(last, 0.5)


def test_says_what_to_do_when_the_loss_is_lost(data, tmp_path):
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        run(SEGMENTER, data, tmp_path, learning_rate=1e30, gradient_norm=1e30, warmup_epochs=0)


def test_wants_a_data_set_as_large_as_the_plan(data, tmp_path):
    with pytest.raises(ValueError, match="--side 128"):
        run(SEGMENTER, data, tmp_path, side=128)


@pytest.mark.parametrize("plan", [CLASSIFIER, SEGMENTER], ids=["classifier", "segmenter"])
def test_leaves_a_bundle_that_the_product_s_contract_takes(data, tmp_path, plan):
    run(plan, data, tmp_path / "run", epochs=8)
    rows = rows_of(tmp_path / "run")
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    bundle = tmp_path / "trained-1"
    differences = finish(tmp_path / "run", data, bundle, "0.2.0", None)
    assert differences["maxAbsErrorFloat32"] <= 1e-4
    written = json.loads((bundle / "model.json").read_text())
    assert written["id"] == "trained-1"
    assert written["training"]["kept"]["weights"] == "best epoch"
    picture = load_workshop_set(data).images[0]
    if plan is CLASSIFIER:
        assert 0 <= ClassifierSession(bundle).probability(picture) <= 1
        points = {point["id"]: point for point in written["operatingPoints"]}
        assert set(points) == {"sensitivity-0.95", "sensitivity-0.90", "youden"}
        for point in points.values():
            low, high = point["sensitivityInterval95"]
            assert low <= point["sensitivity"] <= high
            assert point["modelSha256"] == written["sha256"]
            assert point["measuredOn"] == "validation, n=16"
    else:
        assert SegmenterSession(bundle).mask(picture).shape == picture.shape
    with pytest.raises(ValueError, match="cannot be pruned"):
        finish(tmp_path / "run", data, bundle, "0.2.0", 1)


def test_no_bundle_comes_of_half_a_run_or_of_other_data(data, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"plan": {}, "data_digest": "0"}))
    with pytest.raises(ValueError, match="has not ended"):
        finish(tmp_path, data, tmp_path / "out", "0.1.0", None)
    (tmp_path / "run.json").write_text(json.dumps({"data_digest": "0", "kept": {}}))
    with pytest.raises(ValueError, match="not what"):
        finish(tmp_path, data, tmp_path / "out", "0.1.0", None)


def test_mirrored_network_answers_for_both_images():
    for plan in (CLASSIFIER, SEGMENTER):
        torch.manual_seed(2)
        network = build_network(plan["name"], width=0.125).eval()
        image = torch.randn(2, network.channels, 64, 64)
        with torch.inference_mode():
            here, there = Mirrored(network)(image), Mirrored(network)(image.flip(3))
            alone = network(image)
        for one, other, single in zip(here, there, alone, strict=True):
            mirrored = other.flip(3) if other.ndim == 4 else other
            assert torch.allclose(one, mirrored, atol=1e-5)
            assert one.shape == single.shape


def test_mirrored_bundle_says_so_and_is_held_to_pytorch(data, tmp_path):
    run(CLASSIFIER, data, tmp_path / "run", epochs=4)
    difference = finish(tmp_path / "run", data, tmp_path / "both", "0.1.0", mirror=True)
    assert difference["maxAbsErrorFloat32"] <= 1e-4
    written = json.loads((tmp_path / "both" / "model.json").read_text())
    assert written["training"]["mirrored"] is True
    session, picture = ClassifierSession(tmp_path / "both"), load_workshop_set(data).images[0]
    flipped = np.ascontiguousarray(picture[:, ::-1])
    assert session.probability(picture) == pytest.approx(session.probability(flipped), abs=1e-4)


def test_starts_from_weights_of_others_and_remembers_which(data, tmp_path):
    donor = build_network("chexnet-densenet121", width=0.125)
    state = {f"features.{name}": value for name, value in donor.features.state_dict().items()}
    state |= {"classifier.weight": torch.zeros(1000, 1), "classifier.bias": torch.zeros(1000)}
    torch.save(state, tmp_path / "imagenet.pth")
    start = trainer.Start("imagenet", tmp_path / "imagenet.pth")
    plan = build_plan(CLASSIFIER | {"epochs": 1, "learning_rate": 1e-9}, "a.toml")
    record = trainer.train(plan, data, tmp_path / "run", "cpu", start)
    assert record["starts_from"]["weights"] == "imagenet"
    kept = torch.load(tmp_path / "run" / "weights.pt")
    assert torch.allclose(kept["features.conv0.weight"], state["features.conv0.weight"], atol=1e-6)
    (tmp_path / "imagenet.pth").write_bytes(b"another")
    with pytest.raises(ValueError, match="another starts_from"):
        trainer.train(plan, data, tmp_path / "run", "cpu", start)
    with pytest.raises(ValueError, match="for chexnet-densenet121, not unet"):
        trainer.train(build_plan(SEGMENTER, "a.toml"), data, tmp_path / "other", "cpu", start)


def test_a_split_file_puts_each_radiograph_on_its_side_and_leaves_out_the_rest(tmp_path):
    lay_prepared(tmp_path / "prepared", 6)
    entries = read_prepared(tmp_path / "prepared")
    names = [entry["id"] for entry in entries]
    sides = {"train": names[:3], "validation": names[4:5]}
    packed = pack_prepared(in_sides(entries, sides), tmp_path / "data", 64)
    assert [(row.id, row.split) for row in packed.rows] == [
        *((name, "train") for name in names[:3]),
        (names[4], "validation"),
    ]
    for wrong, entries_of, problem in (
        ({"train": names[:1] * 2}, entries, "names a radiograph twice"),
        ({"train": names[:1], "holdout": names[:1]}, entries, "names a radiograph twice"),
        ({"train": names}, entries * 2, "of the same id"),
        ({"train": names, "gold": ["elsewhere"]}, entries, "side 'gold'"),
    ):
        with pytest.raises(ValueError, match=problem):
            in_sides(entries_of, wrong)


def test_the_table_of_labels_says_who_wrote_each(tmp_path):
    lay_prepared(tmp_path / "prepared", 4)
    names = [entry["id"] for entry in read_prepared(tmp_path / "prepared")]
    (tmp_path / "labels.csv").write_text(f"id,label,label_source\n{names[1]},1,siim-radiologist\n")
    entries = read_prepared(tmp_path / "prepared", tmp_path / "labels.csv")
    packed = pack_prepared(entries, tmp_path / "data", 64)
    assert [row.label_source for row in packed.rows] == ["", "siim-radiologist", "", ""]
