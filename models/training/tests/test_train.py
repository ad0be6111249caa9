"""The trainer: plans, pages, runs that survive a kill, for the joint network and the study's."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import CLASSIFIER, JOINT, SEGMENTER, SMALL, lay_collected

from pleura_training import train as trainer
from pleura_training.architectures import build_network
from pleura_training.augmentation import build_augmentation
from pleura_training.dataset import load_collected
from pleura_training.objectives import build_objective
from pleura_training.pages import Pages
from pleura_training.plan import build_plan, read_plan
from pleura_training.resize import resize_stretch
from pleura_training.run_record import file_digest, read_metrics
from pleura_training.start import Start
from pleura_training.train import Training, train
from pleura_training.trained import load_trained

CONFIGS = Path(__file__).parents[1] / "configs"
STUDY = sorted(CONFIGS.glob("*.toml"))


def plan_of(content, **changes):
    return build_plan(content | changes, "a.toml")


def pages_of(plan, folder):
    collected = load_collected(folder)
    return Pages(collected, build_network(plan.name, **plan.options), plan, "cpu")


@pytest.mark.parametrize(
    "path", [*STUDY, *sorted((CONFIGS / "joint").glob("*.toml"))], ids=lambda path: path.stem
)
def test_every_configuration_is_a_plan(path):
    plan = read_plan(path)
    assert plan.name == (path.stem if path in STUDY else "joint")
    assert plan.augmentation, "no network was trained without augmentation"
    small = {"width": 0.125} if path in STUDY else {}
    network = build_network(plan.name, **small, **plan.options)
    build_augmentation(plan.augmentation, network.channels == 3)
    build_objective(plan.loss, network.task, (0.6, 1.5))
    assert plan.side % network.multiple == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learnig_rate": 1}, "learnig_rate is not known"),
        ({"schedule": "step"}, "it may be cosine or plateau"),
        ({"batch": 0}, "it must be 1 or more"),
        ({"mixed_share": 1.5}, "mixed_share is 1.5"),
        ({"positive_share": 1.0}, "both classes"),
        ({"smoothing": 0.5}, "smoothing is 0.5"),
        ({"doubtful": {"report": 0.7}}, "report is 0.7"),
        ({"schedule": "plateau", "epochs": 0}, "give epochs"),
    ],
)
def test_a_wrong_plan_is_refused_with_what_it_may_be(change, message):
    with pytest.raises(ValueError, match=message):
        plan_of(SEGMENTER, **change)
    with pytest.raises(ValueError, match="side"):
        build_plan({key: SMALL[key] for key in SMALL if key != "side"} | {"name": "unet"}, "a.toml")


def test_options_that_a_network_does_not_know_are_refused():
    with pytest.raises(ValueError, match="options of unet"):
        build_network("unet", wide=1)
    with pytest.raises(ValueError, match="no architecture 'resnet'"):
        build_network("resnet")


def test_the_rate_warms_up_and_falls():
    plan = plan_of(SEGMENTER, warmup_share=0.2)
    rates = [trainer.rate_at(plan, share) for share in (0.0, 0.1, 0.2, 0.6, 1.0, 1.1)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] == pytest.approx(0.01 + 0.99 * 0.5 * (1 + np.cos(0.2 * np.pi)))
    assert rates[3:] == pytest.approx([0.01 + 0.99 * 0.5 * (1 + np.cos(0.6 * np.pi)), 0.01, 0.01])


def test_an_epoch_is_the_same_twice_and_another_the_next_time(collected):
    plan = plan_of(SEGMENTER)
    pages, again = pages_of(plan, collected), pages_of(plan, collected)
    assert len(pages) == 4
    for step in (0, 1, 5):
        for name, values in pages.batch(step).items():
            assert torch.equal(values, again.batch(step)[name]), name
    first, other = pages.batch(0), pages.batch(4)
    assert not torch.equal(first["images"], other["images"])
    assert first["images"].shape == first["masks"].shape == (8, 1, 64, 64)
    assert first["labels"].sum() == 4


def test_pages_are_reduced_as_the_pipeline_does(tmp_path):
    folder = lay_collected(tmp_path / "large", side=96)
    plan = plan_of(SEGMENTER, augmentation={}, seed=3)
    pages = pages_of(plan, folder)
    images, chosen = pages.batch(0)["images"], pages.order[:8]
    for image, place in zip(images, pages.places[chosen], strict=True):
        wanted = resize_stretch(load_collected(folder).images[place], 64, 64) / 255
        np.testing.assert_allclose(image[0].numpy(), wanted, atol=1e-4)


def test_joined_pages_keep_their_air_and_healthy_ones_get_none(collected):
    pages = pages_of(plan_of(JOINT, mixed_share=1.0, augmentation={}), collected)
    plain = pages_of(plan_of(JOINT, augmentation={}), collected)
    for step in range(8):
        batch = pages.batch(step)
        assert torch.equal(batch["masks"].flatten(1).any(1).float(), batch["labels"][:, 0])
        assert not torch.allclose(batch["images"], plain.batch(step)["images"])


def edited(folder, target, change):
    """The same data set with other facts about its rows."""
    lay_collected(target)
    table = json.loads((target / "index.json").read_text())
    for n, row in enumerate(table["rows"]):
        change(n, row)
    (target / "index.json").write_text(json.dumps(table))
    return target


def test_sources_are_drawn_by_weight_and_softened_by_doubt(collected, tmp_path):
    def report(n, row):
        row["label_source"] = "report" if n % 4 == 0 else "drawn"

    folder = edited(collected, tmp_path / "reports", report)
    told = {"doubtful": {"report": 0.3}, "smoothing": 0.1}
    pages = pages_of(plan_of(JOINT, weights={"report": 0.0}, **told), folder)
    drawn = torch.cat([pages.batch(step)["smoothing"] for step in range(8)])
    assert drawn.unique().tolist() == pytest.approx([0.1])
    pages = pages_of(plan_of(JOINT, **told), folder)
    drawn = torch.cat([pages.batch(step)["smoothing"] for step in range(8)])
    assert sorted(drawn.unique().tolist()) == pytest.approx([0.1, 0.3])


def test_who_only_segments_never_sees_a_positive_that_nobody_outlined(collected, tmp_path):
    def forget(n, row):
        row["has_mask"] = row["has_mask"] and n % 4 == 1

    folder = edited(collected, tmp_path / "part", forget)
    assert len(pages_of(plan_of(SEGMENTER), folder).labels) == 24
    joint = pages_of(plan_of(JOINT), folder)
    assert len(joint.labels) == 32
    assert joint.outlined.sum() == 24


def test_says_which_data_do_not_do(collected, tmp_path):
    with pytest.raises(ValueError, match="--side 128"):
        pages_of(plan_of(SEGMENTER, side=128), collected)
    with pytest.raises(ValueError, match="32 radiographs to train unet on, and batches of 40"):
        pages_of(plan_of(SEGMENTER, batch=40), collected)
    with pytest.raises(ValueError, match="multiples of 32"):
        train(plan_of(SEGMENTER, side=48), collected, tmp_path / "a", "cpu")
    with pytest.raises(FileNotFoundError, match=r"pleura_training\.collect"):
        train(plan_of(SEGMENTER), tmp_path, tmp_path / "a", "cpu")

    def healthy(n, row):
        if row["split"] == "validation":
            row["label"], row["has_mask"] = 0, False

    folder = edited(collected, tmp_path / "healthy", healthy)
    for content in (SEGMENTER, JOINT):
        with pytest.raises(ValueError, match="validation"):
            train(plan_of(content), folder, tmp_path / "b", "cpu")


def test_learns_what_is_drawn(collected):
    content = JOINT | {"warmup_share": 0.1, "options": {"encoder": "resnet10t"}}
    training = Training(plan_of(content), load_collected(collected), "cpu")
    losses = [training.step(step / 60) for step in range(60)]
    for part in losses[0]:
        first, last = (np.mean([each[part] for each in few]) for few in (losses[:4], losses[-8:]))
        assert last < 0.8 * first, part


def rows_of(out):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in read_metrics(out)]


def test_a_killed_run_goes_on_as_if_it_had_not_been(collected, tmp_path, capsys):
    content = CLASSIFIER | {"epochs": 4}
    whole = train(plan_of(content), collected, tmp_path / "whole", "cpu")
    config = tmp_path / "plan.toml"
    config.write_text(
        "\n".join(
            f"{key} = {json.dumps(value)}"
            for key, value in content.items()
            if not isinstance(value, dict)
        )
        + "\noptions = { width = 0.125, dropout = 0.4 }\n[loss]\nbce = 1.0\n"
        'class_weights = "inverse-frequency"\n'
    )
    killed = tmp_path / "killed"
    words = ["--config", config, "--data", collected, "--out", killed, "--device", "cpu"]
    command = [sys.executable, "-m", "pleura_training.train", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(CONFIGS.parent / "src")}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while not (killed / "checkpoint.pt").exists():
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert 1 <= len(rows_of(killed)) < 4
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert rows_of(killed) == rows_of(tmp_path / "whole")
    ends = [load_trained(folder / "weights.pt") for folder in (killed, tmp_path / "whole")]
    states = [end.network.state_dict() for end in ends]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    record = json.loads((killed / "run.json").read_text())
    assert record["kept"] == whole["kept"]
    assert record["data_digest"] == load_collected(collected).digest
    assert record["plan"]["seed"] == 1
    assert record["commit"]
    assert (killed / "metrics.png").stat().st_size > 1000
    # Ended: nothing is trained again; another plan is no continuation.
    before = (killed / "checkpoint.pt").stat().st_mtime_ns
    trainer.main([*map(str, words)])
    assert (killed / "checkpoint.pt").stat().st_mtime_ns == before
    with pytest.raises(SystemExit) as ended:
        trainer.main([*map(str, words), "--seed", "2"])
    assert ended.value.code == 1
    assert "another plan" in capsys.readouterr().err


class Judgements:
    """Validation as a list of results, so that what follows from them can be seen."""

    def __init__(self, monkeypatch, results, metric):
        self.left = iter(results)
        monkeypatch.setattr(trainer, "judge", lambda *_: {metric: next(self.left)})


def test_stops_early_and_lowers_the_rate_on_a_plateau(collected, tmp_path, monkeypatch):
    Judgements(monkeypatch, [0.6, 0.7, *[0.65] * 20], "auc")
    record = train(plan_of(CLASSIFIER, epochs=20), collected, tmp_path, "cpu")
    rows = rows_of(tmp_path)
    assert len(rows) == 2 + 6
    assert record["ended"] == "no better auc in 6 epochs"
    assert record["kept"] == {"step": 8, "auc": 0.7}
    assert load_trained(tmp_path / "weights.pt").step == 8
    # Patience 3: the fourth epoch without a gain lowers it, the next is trained with a tenth.
    rates = [row["learning_rate"] for row in rows]
    assert rates == pytest.approx([2e-3] * 6 + [2e-4] * 2)


def test_the_average_is_what_is_judged_and_kept(collected, tmp_path):
    plan = plan_of(SEGMENTER, average_decay=0.9, epochs=2)
    training = Training(plan, load_collected(collected), "cpu")
    train(plan, collected, tmp_path, "cpu")
    for step in range(8):
        training.step(step / 8)
    kept = load_trained(tmp_path / "weights.pt").network.state_dict()
    name = next(iter(kept))
    apart = [
        float((each.state_dict()[name] - kept[name]).abs().max())
        for each in (training.averaged.network, training.network)
    ]
    best = json.loads((tmp_path / "run.json").read_text())["kept"]["step"]
    assert apart[0] < 1e-6 or best != 8
    assert apart[1] > 1e-4


def test_says_what_to_do_when_the_loss_is_lost(collected, tmp_path):
    plan = plan_of(SEGMENTER, learning_rate=1e30, gradient_norm=1e30, warmup_share=0.0)
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        train(plan, collected, tmp_path, "cpu")


def test_a_run_of_a_given_time_goes_on_and_refuses_another_plan(collected, tmp_path, capsys):
    plan = plan_of(JOINT, epochs=0)
    with pytest.raises(ValueError, match="give --seconds"):
        train(plan, collected, tmp_path, "cpu")
    first = train(plan, collected, tmp_path, "cpu", seconds=0.01)
    train(plan, collected, tmp_path, "cpu", seconds=0.01)
    assert "has ended: 0.01 seconds" in capsys.readouterr().out
    train(plan, collected, tmp_path, "cpu", seconds=first["seconds"] + 0.01)
    assert "goes on after step" in capsys.readouterr().out
    rows = read_metrics(tmp_path)
    assert len(rows) == 2
    assert rows[1]["step"] > rows[0]["step"]
    wanted = {"train_total", "train_pixels", "validation_auc", "validation_auc drawn"}
    assert wanted | {"validation_dice"} <= rows[1].keys()
    with pytest.raises(ValueError, match="a run of another plan"):
        train(replace(plan, seed=2), collected, tmp_path, "cpu", seconds=2.0)


def test_a_student_goes_on_from_weights_and_records_its_teachers(collected, tmp_path):
    plan = plan_of(JOINT, epochs=1)
    train(plan, collected, tmp_path / "first", "cpu")
    first = tmp_path / "first" / "weights.pt"
    student = Training(plan, load_collected(collected), "cpu", [load_trained(first)])
    student.start_from(Start("weights", first))
    for name, weights in load_trained(first).network.state_dict().items():
        assert torch.equal(weights, student.network.state_dict()[name]), name
    assert np.isfinite(student.step(0.0)["total"])
    start = Start("weights", first)
    record = train(plan, collected, tmp_path / "second", "cpu", start=start, teachers=[first])
    assert record["teachers"] == [file_digest(first)]
    assert record["starts_from"] == {"weights": "weights", "sha256": file_digest(first)}
    with pytest.raises(ValueError, match="only joint networks"):
        train(plan_of(SEGMENTER), collected, tmp_path / "c", "cpu", teachers=[first])
    with pytest.raises(ValueError, match="is of joint, not of unet"):
        train(plan_of(SEGMENTER), collected, tmp_path / "d", "cpu", start=start)


def test_starts_from_weights_of_others_and_remembers_which(collected, tmp_path):
    donor = build_network("chexnet-densenet121", width=0.125)
    state = {f"features.{name}": value for name, value in donor.features.state_dict().items()}
    state |= {"classifier.weight": torch.zeros(1000, 1), "classifier.bias": torch.zeros(1000)}
    torch.save(state, tmp_path / "imagenet.pth")
    start = Start("imagenet", tmp_path / "imagenet.pth")
    plan = plan_of(CLASSIFIER, epochs=1, learning_rate=1e-9)
    record = train(plan, collected, tmp_path / "run", "cpu", start=start)
    assert record["starts_from"]["weights"] == "imagenet"
    kept = load_trained(tmp_path / "run" / "weights.pt").network.state_dict()
    assert torch.allclose(kept["features.conv0.weight"], state["features.conv0.weight"], atol=1e-6)
    (tmp_path / "imagenet.pth").write_bytes(b"another")
    with pytest.raises(ValueError, match="another starts_from"):
        train(plan, collected, tmp_path / "run", "cpu", start=start)
    with pytest.raises(ValueError, match="--imagenet is not for unet"):
        train(plan_of(SEGMENTER), collected, tmp_path / "other", "cpu", start=start)


def test_the_command_names_what_is_missing(tmp_path, capsys):
    words = ["--config", STUDY[0], "--data", tmp_path, "--out", tmp_path / "run"]
    with pytest.raises(SystemExit) as ended:
        trainer.main([*map(str, words)])
    assert ended.value.code == 1
    assert "pleura_training.collect" in capsys.readouterr().err
    torch.save({"any": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match=r"weights\.pt"):
        load_trained(tmp_path / "other.pt")
