import json
from dataclasses import asdict

import cv2
import numpy as np
import pytest
import torch
from conftest import lay_collected

from pleura_training.averaging import AveragedNetwork
from pleura_training.collapse import KINDS, draw_collapse
from pleura_training.dataset import Row, load_collected
from pleura_training.draw_collapse import SOURCE, draw, drawn_pages, main
from pleura_training.fine_heads import fine_heads
from pleura_training.fine_heads import main as fine_heads_main
from pleura_training.finish import finish
from pleura_training.join_decoders import join_decoders
from pleura_training.join_decoders import main as join_main
from pleura_training.judge_collapse import main as judge_main
from pleura_training.lung_fields import disc, lung_fields
from pleura_training.objectives import Taught, build_objective
from pleura_training.phantom import draw_phantom
from pleura_training.plan import read_plan
from pleura_training.train import train
from pleura_training.trained import load_trained

SIDE = 256


def smaller(picture, around=230):
    """With shoulders and abdomen around it: a lung that reaches the frame is not told."""
    grey = np.full((SIDE, SIDE), around, picture.dtype)
    start, end = SIDE // 8, SIDE - SIDE // 8
    grey[start:end, start:end] = cv2.resize(picture, (end - start, end - start))
    return grey


@pytest.fixture(scope="module")
def chest():
    return smaller(draw_phantom(SIDE, SIDE, 3, False))


@pytest.fixture(scope="module")
def lungs(chest):
    return lung_fields(chest)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "collected"
    rows = [
        asdict(Row(f"id{n}", f"p{n}", n % 2, n % 2 == 1, split, "radiologist"))
        for n, split in enumerate(["train"] * 8 + ["validation"] * 4)
    ]
    lay_collected(folder, 12, 8, SIDE, rows)
    for name in ("images", "masks"):
        pages = np.load(folder / f"{name}.npy")
        around = 230 if name == "images" else 0
        np.save(folder / f"{name}.npy", np.stack([smaller(page, around) for page in pages]))
    return folder


def test_lungs_are_told_one_in_each_half(lungs):
    left, right = lungs
    x = np.arange(SIDE)
    assert (left.sum(0) @ x) / left.sum() == pytest.approx(0.34 * SIDE, abs=0.04 * SIDE)
    assert (right.sum(0) @ x) / right.sum() == pytest.approx(0.66 * SIDE, abs=0.04 * SIDE)
    assert not (left & right).any()


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_no_lung_is_told_in_a_blank_picture(tone):
    assert lung_fields(np.full((SIDE, SIDE), tone, np.uint8)) is None


def test_no_lung_is_told_in_noise_nor_in_a_negative(chest):
    noise = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
    assert lung_fields(noise) is None
    assert lung_fields(255 - chest) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("half", [0, 1])
def test_air_lies_in_the_collapsed_lung_and_is_darker(chest, lungs, kind, half):
    for seed in range(4):
        drawn, mask = draw_collapse(
            chest, lungs[half], half == 0, kind, np.random.default_rng(seed)
        )
        assert drawn.shape == mask.shape == chest.shape
        assert drawn.dtype == mask.dtype == np.uint8
        assert set(np.unique(mask)) == {0, 1}
        # The drawing starts a little outside the lung; a pushed mediastinum carries some farther.
        around = cv2.dilate(lungs[half], disc(SIDE // 128 + 1))
        assert (mask & around).sum() > 0.9 * mask.sum()
        assert not (mask & lungs[1 - half]).any()
        air = mask > 0
        assert drawn[air].mean() < chest[air].mean() - 3
        other = lungs[1 - half] > 0
        assert np.abs(drawn[other].astype(int) - chest[other]).mean() < 2


def test_a_whole_collapse_leaves_least_lung(chest, lungs):
    areas = {
        kind: np.mean(
            [
                draw_collapse(chest, lungs[0], True, kind, np.random.default_rng(seed))[1].sum()
                for seed in range(5)
            ]
        )
        for kind in KINDS
    }
    assert areas["whole"] > 1.3 * max(areas["broad"], areas["apical"])


def test_a_kind_that_is_not_known_is_refused(chest, lungs):
    with pytest.raises(ValueError, match="whole, broad, apical"):
        draw_collapse(chest, lungs[0], True, "basal", np.random.default_rng(1))


def test_pages_are_drawn_from_negatives_of_the_side_alone_and_the_same_again(data):
    collected = load_collected(data)
    first = drawn_pages(collected, "train", None, 1)
    again = drawn_pages(collected, "train", None, 1)
    assert len(first) >= 4
    for (row, kind, image, mask), other in zip(first, again, strict=True):
        assert (row.split, row.label, row.has_mask, row.label_source) == ("train", 1, True, SOURCE)
        name, _, ending = row.id.rpartition("+")
        assert ending == kind
        assert name in {f"id{n}" for n in (0, 2, 4, 6)}
        assert row.patient == name.replace("id", "p")
        assert np.array_equal(image, other[2])
        assert np.array_equal(mask, other[3])
    assert {kind for _, kind, *_ in first} > {"whole"}
    assert len(drawn_pages(collected, "train", 3, 1)) in (3, 4)


def test_a_data_set_grows_by_its_drawn_pages_and_keeps_all_else(data, tmp_path):
    count = draw(data, tmp_path / "out")
    old, new = load_collected(data), load_collected(tmp_path / "out")
    assert new.rows[: len(old.rows)] == old.rows
    assert len(new.rows) == len(old.rows) + count
    assert np.array_equal(new.images[: len(old.rows)], old.images)
    assert np.array_equal(new.masks[: len(old.rows)], old.masks)
    assert list(new.places("validation")) == list(old.places("validation"))
    assert new.digest != old.digest
    with pytest.raises(ValueError, match="drawn pages already"):
        draw(tmp_path / "out", tmp_path / "twice")


def test_a_drawing_that_was_cut_short_is_no_data_set(data, tmp_path, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        draw(data, tmp_path / "out")
    with pytest.raises(FileNotFoundError):
        load_collected(tmp_path / "out")


def test_the_command_says_what_is_missing(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--data", str(tmp_path / "none"), "--out", str(tmp_path / "out")])
    assert ended.value.code == 1
    assert "collect" in capsys.readouterr().err


def test_a_set_without_lungs_is_refused(tmp_path):
    folder = lay_collected(tmp_path / "small", 12, 8, SIDE)
    np.save(folder / "images.npy", np.zeros((12, SIDE, SIDE), np.uint8))
    with pytest.raises(ValueError, match="two lungs"):
        draw(folder, tmp_path / "out")


def test_no_teacher_speaks_of_what_is_untaught():
    logits = torch.zeros(2, 1, requires_grad=True)
    answer = (logits, torch.zeros(2, 1, 2, 2), torch.zeros(2, 1, 8, 8))
    ones = torch.ones(2, 1)
    batch = {"masks": torch.zeros(2, 1, 32, 32), "labels": ones, "smoothing": 0 * ones}
    batch |= {"outlined": ones, "taught": torch.tensor([[1.0], [0.0]])}
    taught = Taught(torch.zeros(2, 1), torch.zeros(2, 1, 8, 8), 1.0)
    build_objective({}, "joint")(answer, batch, taught)["total"].backward()
    # The first follows the teacher down, the second its label up.
    assert logits.grad[:, 0].tolist() == pytest.approx([0.25, -0.25])


@pytest.fixture(scope="module")
def taught(data, tmp_path_factory):
    """A configuration, a data set with drawn pages, and weights to go on from."""
    folder = tmp_path_factory.mktemp("heads")
    draw(data, folder / "drawn", 4)
    config = folder / "joint.toml"
    config.write_text(
        'name = "joint"\noptions = { encoder = "tf_efficientnet_lite0" }\nside = 64\nbatch = 4\n'
        "epochs = 12\nlearning_rate = 2e-3\naverage_decay = 0.5\npositive_share = 0.5\n"
        f'untaught = ["{SOURCE}"]\n[loss]\npixels = 8.0\n'
    )
    train(read_plan(config), folder / "drawn", folder / "run", "cpu", plot=False)
    return config, folder / "drawn", folder / "run" / "weights.pt"


def test_heads_learn_and_the_encoder_does_not(taught, tmp_path):
    gauges = fine_heads(*taught, tmp_path / "heads.pt", 4)
    assert 0 <= gauges["auc"] <= 1
    held, left = load_trained(taught[2]), load_trained(tmp_path / "heads.pt")
    for name, before in held.network.state_dict().items():
        after = left.network.state_dict()[name]
        if name.startswith("encoder.") or name.endswith("num_batches_tracked"):
            assert torch.equal(before, after) or name.endswith("num_batches_tracked"), name
        elif name.endswith("weight") and before.ndim > 1:
            assert not torch.equal(before, after), name
    assert left.record["heads"]["steps"] == 4
    assert not (tmp_path / "heads.checkpoint.pt").exists()


def test_heads_that_were_interrupted_become_what_they_would_have(taught, tmp_path, monkeypatch):
    fine_heads(*taught, tmp_path / "whole.pt", 14)
    monkeypatch.setattr(AveragedNetwork, "update", killed_after(11, AveragedNetwork.update))
    with pytest.raises(KeyboardInterrupt):
        fine_heads(*taught, tmp_path / "cut.pt", 14)
    monkeypatch.undo()
    with pytest.raises(ValueError, match="another run"):
        fine_heads(*taught, tmp_path / "cut.pt", 15)
    fine_heads(*taught, tmp_path / "cut.pt", 14)
    whole, cut = load_trained(tmp_path / "whole.pt"), load_trained(tmp_path / "cut.pt")
    for name, weights in whole.network.state_dict().items():
        assert torch.equal(weights, cut.network.state_dict()[name]), name


def killed_after(count, function):
    calls = []

    def counted(*words):
        calls.append(1)
        if len(calls) > count:
            raise KeyboardInterrupt
        return function(*words)

    return counted


def test_heads_of_another_network_are_refused(taught, tmp_path, capsys):
    config, data, weights = taught
    other = tmp_path / "other.toml"
    other.write_text(config.read_text().replace("lite0", "lite1"))
    words = ["--config", str(other), "--data", str(data), "--weights", str(weights)]
    with pytest.raises(SystemExit) as ended:
        fine_heads_main([*words, "--out", str(tmp_path / "out.pt")])
    assert ended.value.code == 1
    assert "not of the plan's" in capsys.readouterr().err


@pytest.fixture(scope="module")
def joined(taught, tmp_path_factory):
    """Heads that learned on, and both decoders behind one encoder."""
    folder = tmp_path_factory.mktemp("joined")
    fine_heads(*taught, folder / "heads.pt", 4)
    _, data, judge = taught
    chosen = join_decoders(data, judge, folder / "heads.pt", 0.75, folder / "joined.pt")
    return folder, chosen


def test_the_class_is_the_judge_s_unless_a_region_is_large(taught, joined):
    folder, chosen = joined
    network = load_trained(folder / "joined.pt").network
    image = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        logits, _, mask, area = network.parts(image)
        alone = load_trained(taught[2]).network(image)
        assert torch.equal(logits, alone[0])
        assert not torch.equal(mask, alone[2])
        torch.testing.assert_close(area, mask.sigmoid().mean((2, 3)))
        shares = torch.tensor([[0.0], [chosen["area"]], [2 * chosen["area"]], [1.0]])
        heard = network.heard(torch.full((4, 1), -50.0), shares).flatten()
        assert heard[1].item() == pytest.approx(chosen["level"], abs=1e-4)
        assert heard[1] < heard[2] < heard[3]
        high = torch.full((4, 1), 50.0)
        assert torch.equal(network.heard(high, shares), high)
        torch.testing.assert_close(network(image)[0], network.heard(logits, area))


def test_masks_lie_between_those_of_both(taught, joined):
    folder, _ = joined
    both = [load_trained(path).network.state_dict() for path in (taught[2], folder / "heads.pt")]
    mean = load_trained(folder / "joined.pt").network.outliner.state_dict()
    for name, weights in mean.items():
        if weights.is_floating_point():
            expected = 0.25 * both[0][name] + 0.75 * both[1][name]
            torch.testing.assert_close(weights, expected, atol=1e-5, rtol=1e-4)


def test_decoders_of_two_encoders_are_refused(taught, joined, tmp_path, capsys):
    other = torch.load(taught[2], weights_only=True)
    other["weights"]["encoder.conv_stem.weight"] = other["weights"]["encoder.conv_stem.weight"] + 1
    torch.save(other, tmp_path / "other.pt")
    words = ["--data", str(taught[1]), "--judge", str(taught[2]), "--out", str(tmp_path / "out.pt")]
    for outliner, reason in (
        (tmp_path / "other.pt", "do not share an encoder"),
        (joined[0] / "joined.pt", "not of a joint network"),
    ):
        with pytest.raises(SystemExit) as ended:
            join_main([*words, "--outliner", str(outliner)])
        assert ended.value.code == 1
        assert reason in capsys.readouterr().err
    assert not (tmp_path / "out.pt").exists()


def test_bundles_are_judged_on_drawn_validation_pages(data, taught, joined, tmp_path, capsys):
    finish(joined[0] / "joined.pt", taught[1], tmp_path)
    judge_main(["--data", str(data), "--models", str(tmp_path)])
    report = json.loads(capsys.readouterr().out)
    assert report["whole"]["n"] == report["before"]["n"] == 2
    assert report["broad"]["n"] + report["apical"]["n"] == 2
    assert 0 <= report["whole"]["sensitivity"] <= 1
