import json
from dataclasses import asdict

import numpy as np
import pytest
import torch

from pleura_training import train
from pleura_training.augmentation import AugmentationRanges, augment
from pleura_training.averaging import AveragedNetwork
from pleura_training.losses import joint_loss, soft_dice_loss
from pleura_training.network import ScreeningNetwork
from pleura_training.phantom import draw_phantom
from pleura_training.radiographs import Radiograph
from pleura_training.run_record import read_metrics
from pleura_training.train import TrainingConfig, learning_rate_at, nested_share, side_at


def drawn_set(count, side):
    images = np.stack([draw_phantom(side, side, n, n % 2 == 1) for n in range(count)])
    masks = np.zeros_like(images)
    masks[1::2, side // 8 : side // 3, side // 8 : side // 3] = 255
    return images, masks


def test_overfits_eight_images():
    torch.manual_seed(0)
    images, masks = drawn_set(8, 64)
    # The place of the air is drawn into the picture, so that it can be learnt.
    images = np.where(masks > 0, images // 4, images)
    picture = torch.from_numpy(images[:, None] / np.float32(127.5) - 1)
    mask = torch.from_numpy(masks[:, None] / np.float32(255))
    labels = torch.tensor([[0.0], [1.0]] * 4)
    network = ScreeningNetwork(8, (1, 1, 1, 1))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(60):
        logits, activation, mask_logits = network.forward_all(picture)
        loss = joint_loss(logits, activation, mask_logits, mask, labels, 0.0)["total"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert ((logits > 0) == (labels > 0.5)).all()
    target = torch.nn.functional.avg_pool2d(mask, 4)
    assert float(soft_dice_loss(mask_logits[-1].detach(), target, labels[:, 0])) < 0.2


def test_dice_loss_leaves_empty_images_alone():
    mask_logits = torch.zeros(2, 1, 4, 4)
    target = torch.stack((torch.ones(1, 4, 4), torch.zeros(1, 4, 4)))
    alone = soft_dice_loss(mask_logits[:1], target[:1], torch.ones(1))
    both = soft_dice_loss(mask_logits, target, torch.tensor([1.0, 0.0]))
    assert both == pytest.approx(float(alone))


def test_augmentation_moves_image_and_mask_alike():
    square = np.zeros((64, 64), np.uint8)
    square[10:30, 15:40] = 255
    ranges = AugmentationRanges(gamma=0, contrast=0, brightness=0, noise=0, blur_share=0)
    for seed in range(10):
        image, mask = augment(square, square, ranges, np.random.default_rng(seed))
        np.testing.assert_allclose(image, mask, atol=1e-5)


def test_average_follows_the_network():
    network = torch.nn.Linear(2, 1)
    averaged = AveragedNetwork(network, 0.5)
    with torch.no_grad():
        network.weight.fill_(3.0)
    for _ in range(60):
        averaged.update(network)
    assert torch.allclose(averaged.network.weight, torch.full((1, 2), 3.0), atol=1e-4)


def test_schedules_follow_the_share_of_the_run():
    config = TrainingConfig(sides=((0.0, 256), (0.4, 384)), warmup_steps=10)
    assert [side_at(config, share) for share in (0.0, 0.39, 0.4, 1.0)] == [256, 256, 384, 384]
    assert learning_rate_at(config, 0, 0.0) == pytest.approx(config.learning_rate / 10)
    assert learning_rate_at(config, 999, 1.0) == pytest.approx(config.learning_rate / 100)


@pytest.fixture
def data_folder(tmp_path):
    images, masks = drawn_set(12, 64)
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "masks.npy", masks)
    rows = [
        asdict(Radiograph(f"id{n}", "", n % 2, "silver", "", "silver", "PA", "", ""))
        for n in range(12)
    ]
    table = {"digest": "drawn", "side": 64, "radiographs": rows}
    (tmp_path / "index.json").write_text(json.dumps(table))
    sides = {"train": [f"id{n}" for n in range(8)], "validation": [f"id{n}" for n in range(8, 12)]}
    split = {"seed": 1, "digest": "drawn", "sides": sides}
    (tmp_path / "split.json").write_text(json.dumps(split))
    return tmp_path


def test_a_run_leaves_a_record_and_resumes(data_folder, monkeypatch, capsys):
    def run(steps, out="run", more=(), seed=1):
        config = {"width": 8, "depths": [1, 1, 1, 1], "steps": steps, "batch": 4, "seed": seed}
        config |= {"sides": [[0.0, 32], [0.5, 64]], "validate_every": 2, "warmup_steps": 1}
        config |= {"mixed_share": 0.5, "augmentation": {"scale": 0.2}}
        (data_folder / "config.json").write_text(json.dumps(config))
        words = ["train", "--device", "cpu", "--index", str(data_folder)]
        for name, place in (("split", "split.json"), ("config", "config.json"), ("out", out)):
            words += [f"--{name}", str(data_folder / place)]
        monkeypatch.setattr("sys.argv", [*words, *more])
        train.main()
        return capsys.readouterr().out

    run(4)
    assert "resumed at step 4" in run(6)
    rows = read_metrics(data_folder / "run")
    assert [row["step"] for row in rows] == [2, 4, 6]
    assert {"train_total", "validation_auc", "validation_positive_dice"} <= rows[0].keys()
    record = json.loads((data_folder / "run/run.json").read_text())
    assert record["data_digest"] == "drawn"
    assert record["config"]["steps"] == 6
    assert record["started_from"] is None

    run(2, "run-on", ("--weights", str(data_folder / "run/checkpoint.pt")), seed=2)
    record = json.loads((data_folder / "run-on/run.json").read_text())
    assert record["started_from"]["step"] == 6
    assert record["started_from"]["record"]["config"]["steps"] == 6
    first, second = (
        torch.load(data_folder / name / "checkpoint.pt", weights_only=True)["network"]
        for name in ("run", "run-on")
    )
    # Two steps at this rate move a weight by a few thousandths; another start differs by tenths.
    name = "stages.3.0.first.0.weight"
    assert float((first[name] - second[name]).abs().max()) < 0.02


def test_a_smaller_share_of_the_data_lies_within_a_larger_one():
    labels = np.arange(200) % 5 == 0
    quarter, half = nested_share(labels, 0.25), nested_share(labels, 0.5)
    assert len(quarter) == 50
    assert labels[quarter].sum() == 10
    assert set(quarter) < set(half)
    assert nested_share(labels, 1.0).tolist() == list(range(200))
