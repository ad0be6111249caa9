import hashlib
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pleura_training import choose, export, fine_masks, gpu_run
from pleura_training.augmentation import AugmentationRanges
from pleura_training.calibration import Calibration
from pleura_training.checkpoint import load_network, load_networks
from pleura_training.drawn_set import draw_set
from pleura_training.export import PARITY_TOLERANCE, largest_difference
from pleura_training.network import ScreeningNetwork
from pleura_training.onnx_export import Classifier, Segmenter, export_onnx
from pleura_training.pretrained_network import PretrainedScreeningNetwork, load_ordered_weights
from pleura_training.resident.pages import ResidentPages, changed
from pleura_training.resident.parts import unpack_parts, write_parts
from pleura_training.resident.plan import ResidentPlan, build_resident_plan, read_resident_plan
from pleura_training.resident.train import (
    ResidentTraining,
    Taught,
    main,
    resident_loss,
    train_resident,
)
from pleura_training.resize import resize_stretch
from pleura_training.run_record import read_metrics
from pleura_training.workshop.dataset import Row, load_workshop_set

CONFIGS = Path(__file__).parents[1] / "configs"
ENCODER = "tf_efficientnet_lite0"
PLAN = ResidentPlan(
    ENCODER, 64, 8, 2e-3, 5e-3, positive_share=0.5, warmup_steps=4, average_decay=0.9
)
CONFIG = f"""
encoder = "{ENCODER}"
side = 64
batch = 8
learning_rate = 1e-3
head_rate = 2e-3
positive_share = 0.5
"""


@pytest.fixture
def collected(tmp_path):
    """48 drawn chests as `collect` leaves them, every second one with air; 16 are validation."""
    drawn = draw_set(48, 64, 7)
    folder = tmp_path / "collected"
    folder.mkdir()
    np.save(folder / "images.npy", drawn.pictures)
    np.save(folder / "masks.npy", drawn.masks)
    rows = [
        asdict(Row(f"id{n}", f"p{n}", n % 2, bool(drawn.masks[n].any()), side, "drawn"))
        for n, side in enumerate(["train"] * 32 + ["validation"] * 16)
    ]
    table = {"side": 64, "digest": "d" * 64, "rows": rows}
    (folder / "index.json").write_text(json.dumps(table))
    return folder


def randomised(network):
    """Fresh normalisation is nearly the identity; a trained one is not."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, std=0.1)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("encoder", [ENCODER, "resnet18", "convnext_atto"])
def test_any_encoder_answers_in_the_shapes_of_the_bundles(encoder):
    network = PretrainedScreeningNetwork(encoder).eval()
    logits, activation, masks = network(torch.zeros(2, 1, 64, 96))
    assert logits.shape == (2, 1)
    assert activation.shape == (2, 1, 4, 6)
    assert masks.shape == (2, 1, 16, 24)


def test_an_encoder_without_the_decoders_strides_is_refused():
    with pytest.raises(ValueError, match="the decoder wants"):
        PretrainedScreeningNetwork("vit_tiny_patch16_224")


def test_weights_of_other_names_are_taken_in_order_and_tell_the_same_of_grey_images():
    import timm

    torch.manual_seed(1)
    photographs = randomised(timm.create_model(ENCODER, pretrained=False))
    renamed = {f"other.{n}": each for n, each in enumerate(photographs.state_dict().values())}
    network = PretrainedScreeningNetwork(ENCODER).eval()
    load_ordered_weights(ENCODER, network, "weights.pth", renamed)
    grey = torch.randn(1, 1, 64, 64)
    wanted = photographs.forward_intermediates(
        grey.expand(-1, 3, -1, -1), intermediates_only=True, indices=[1, 2, 3, 4]
    )
    for given, found in zip(wanted, network.encoder(grey), strict=True):
        torch.testing.assert_close(found, given, atol=1e-3, rtol=1e-3)

    with pytest.raises(ValueError, match=r"short\.pth holds"):
        load_ordered_weights(ENCODER, network, "short.pth", dict(list(renamed.items())[1:]))
    first = next(iter(renamed))
    with pytest.raises(ValueError, match=r"conv_stem\.weight is"):
        load_ordered_weights(ENCODER, network, "bent.pth", renamed | {first: torch.zeros(3)})


def test_the_shallow_part_stays_when_it_is_frozen(collected):
    training = ResidentTraining(
        replace(PLAN, freeze_shallow=True), load_workshop_set(collected), "cpu"
    )
    before = {name: each.clone() for name, each in training.network.state_dict().items()}
    training.step(0.0)
    after = training.network.state_dict()
    moved = {name for name, each in after.items() if not torch.equal(each, before[name])}
    still = ("encoder.conv_stem", "encoder.bn1", "encoder.blocks.0", "encoder.blocks.1")
    assert not [name for name in moved if name.startswith(still)]
    assert any(name.startswith("encoder.blocks.2") for name in moved)
    with pytest.raises(ValueError, match="EfficientNet family"):
        PretrainedScreeningNetwork("resnet18").freeze_shallow()


def test_geometry_moves_image_and_mask_alike():
    square = torch.zeros(4, 1, 64, 64)
    square[:, :, 10:30, 15:40] = 1
    ranges = AugmentationRanges(gamma=0, contrast=0, brightness=0, noise=0)
    images, masks = changed(square, square, 64, ranges, np.random.default_rng(1))
    torch.testing.assert_close(images, masks)
    assert not torch.allclose(images, square)


def test_pages_are_reduced_as_the_pipeline_does():
    page = np.random.default_rng(1).integers(0, 256, (96, 96), np.uint8)
    still = AugmentationRanges(0, 0, 0, 0, 0, 0, 0, 0)
    given = torch.from_numpy(page)[None, None] / 255
    images, _ = changed(given, given, 64, still, np.random.default_rng(1))
    wanted = resize_stretch(page, 64, 64) / 255
    found = images[0, 0].numpy()
    assert min(np.abs(found - wanted).max(), np.abs(found[:, ::-1] - wanted).max()) < 1e-3


def test_a_batch_holds_its_share_of_positives_and_is_the_same_for_its_seed(collected):
    pages = ResidentPages(load_workshop_set(collected), replace(PLAN, mixed_share=0.5), "cpu")
    batch, again = pages.batch((1, 2)), pages.batch((1, 2))
    assert batch["labels"].sum() == 4
    assert batch["images"].shape == batch["masks"].shape == (8, 1, 64, 64)
    for name, values in batch.items():
        assert torch.equal(values, again[name]), name


def test_joined_pages_keep_their_air_and_healthy_ones_get_none(collected):
    still = AugmentationRanges(0, 0, 0, 0, 0, 0, 0, 0)
    plan = replace(PLAN, mixed_share=1.0, augmentation=still)
    pages = ResidentPages(load_workshop_set(collected), plan, "cpu")
    for seed in range(10):
        batch = pages.batch((seed,))
        holds = batch["masks"].flatten(1).any(1).float()
        assert torch.equal(holds, batch["labels"][:, 0])


def test_a_positive_that_nobody_outlined_says_nothing_about_masks():
    answer = torch.zeros(2, 1), torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 16, 16)
    one = torch.ones(2, 1)
    batch = {"masks": torch.zeros(2, 1, 64, 64), "labels": one, "smoothing": 0 * one}
    parts = resident_loss(answer, batch | {"outlined": 0 * one})
    assert [float(parts[name]) for name in ("pixels", "dice", "activation")] == [0, 0, 0]
    assert float(parts["class"]) == pytest.approx(np.log(2), abs=1e-6)


def test_sources_are_drawn_by_weight_and_softened_by_doubt(collected):
    table = json.loads((collected / "index.json").read_text())
    for n in range(0, 32, 4):
        table["rows"][n]["label_source"] = "report"
    (collected / "index.json").write_text(json.dumps(table))
    plan = replace(PLAN, weights={"report": 0.0}, doubtful={"report": 0.3}, smoothing=0.1)
    pages = ResidentPages(load_workshop_set(collected), plan, "cpu")
    drawn = torch.cat([pages.batch((seed,))["smoothing"] for seed in range(10)])
    assert drawn.unique().tolist() == pytest.approx([0.1])
    heard = replace(plan, weights={"report": 9.0})
    batch = ResidentPages(load_workshop_set(collected), heard, "cpu").batch((1,))
    assert sorted(batch["smoothing"].unique().tolist()) == pytest.approx([0.1, 0.3])


def test_learns_where_drawn_air_lies(collected):
    light = AugmentationRanges(4, 0.03, 0.03, 0.1, 0.1, 0.03, 0, 0)
    plan = replace(PLAN, encoder="resnet10t", augmentation=light)
    training = ResidentTraining(plan, load_workshop_set(collected), "cpu")
    losses = [training.step(step / 60) for step in range(60)]
    for part in ("class", "pixels", "dice", "activation"):
        first, last = (np.mean([each[part] for each in few]) for few in (losses[:4], losses[-8:]))
        assert last < 0.7 * first, part


def test_teachers_move_the_class_and_say_where_unoutlined_air_is():
    one = torch.ones(2, 1)
    answer = torch.zeros(2, 1), torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 16, 16)
    batch = {"masks": torch.zeros(2, 1, 64, 64), "labels": one, "smoothing": 0 * one}
    batch["outlined"] = torch.tensor([[1.0], [0.0]])
    answer[0].requires_grad_(True)
    answer[2].requires_grad_(True)
    taught = Taught(0 * one, torch.ones(2, 1, 16, 16), 0.6)
    resident_loss(answer, batch, taught)["total"].backward()
    # sigmoid(0) - (1 - 0.6), halved by the mean over the batch
    assert answer[0].grad[:, 0].tolist() == pytest.approx([0.05, 0.05])
    assert (answer[2].grad[0] > 0).all()
    assert (answer[2].grad[1] < 0).all()


def test_a_student_goes_on_from_a_checkpoint_and_records_its_teachers(collected, tmp_path):
    train_resident(PLAN, collected, tmp_path / "first", 0.01, "cpu")
    first = tmp_path / "first" / "checkpoint.pt"
    workshop = load_workshop_set(collected)
    student = ResidentTraining(PLAN, workshop, "cpu", [load_network(first)])
    student.start_from(first)
    for name, weights in load_network(first).network.state_dict().items():
        assert torch.equal(weights, student.network.state_dict()[name]), name
    assert np.isfinite(student.step(0.0)["total"])
    train_resident(PLAN, collected, tmp_path / "second", 0.01, "cpu", first, [first])
    record = json.loads((tmp_path / "second" / "run.json").read_text())
    digest = hashlib.sha256(first.read_bytes()).hexdigest()
    assert record["teachers"] == [digest]
    assert record["starts_from"]["sha256"] == digest


def test_the_masks_learn_on_and_nothing_else_moves(collected, tmp_path, capsys):
    train_resident(PLAN, collected, tmp_path / "run", 0.01, "cpu")
    before = tmp_path / "run" / "checkpoint.pt"
    words = ["--data", collected, "--checkpoint", before, "--out", tmp_path / "masks.pt"]
    fine_masks.main([*map(str, words), "--epochs", "6"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    losses = [float(line.split()[-1]) for line in lines]
    assert len(losses) == 6
    assert losses[-1] < 0.9 * losses[0]
    picture = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        first, second = (
            load_network(path).network(picture) for path in (before, tmp_path / "masks.pt")
        )
    for was, has in zip(first[:2], second[:2], strict=True):
        torch.testing.assert_close(has, was)
    assert not torch.allclose(second[2], first[2], atol=1e-2)


def test_a_run_resumes_and_refuses_another_plan(collected, tmp_path, capsys):
    run = tmp_path / "run"
    train_resident(PLAN, collected, run, 0.01, "cpu")
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    step = state["step"]
    train_resident(PLAN, collected, run, state["seconds"] + 0.01, "cpu")
    assert f"goes on after step {step}" in capsys.readouterr().out
    rows = read_metrics(run)
    assert len(rows) == 2
    assert rows[1]["step"] > rows[0]["step"]
    assert {"train_total", "validation_auc", "validation_auc drawn"} <= rows[1].keys()
    with pytest.raises(ValueError, match="a run of another config"):
        train_resident(replace(PLAN, seed=2), collected, run, 2.0, "cpu")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("sides = 3", "sides is not known"),
        ("side = 50", "multiple of 32"),
        ("positive_share = 1.0", "both classes"),
        ("[augmentation]\nturn = 1.0", "turn is not known"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(line, problem):
    import tomllib

    content = tomllib.loads(CONFIG) | tomllib.loads(line)
    with pytest.raises(ValueError, match=problem):
        build_resident_plan(content, "a.toml")
    with pytest.raises(ValueError, match="encoder"):
        build_resident_plan({}, "a.toml")


@pytest.mark.parametrize("path", sorted((CONFIGS / "joint").glob("*.toml")), ids=lambda p: p.name)
def test_the_configurations_can_be_read(path):
    PretrainedScreeningNetwork(read_resident_plan(path).encoder)


def test_the_command_names_what_is_missing(tmp_path, capsys):
    (tmp_path / "a.toml").write_text(CONFIG)
    words = ["--config", tmp_path / "a.toml", "--data", tmp_path, "--out", tmp_path / "run"]
    with pytest.raises(SystemExit):
        main([*map(str, words), "--seconds", "1"])
    assert "pleura_training.workshop.collect" in capsys.readouterr().err


def test_parts_are_carried_whole_and_make_the_same_set(collected, tmp_path):
    parts = write_parts(collected, tmp_path / "parts", 64, most=4, part_bytes=60_000)
    assert len(parts) > 1
    assert all(part.stat().st_size <= 60_000 for part in parts)
    store = tmp_path / "store"
    assert not unpack_parts(parts[1:], store)
    assert unpack_parts(parts, store)
    assert unpack_parts([], store)
    before, after = load_workshop_set(collected), load_workshop_set(store)
    assert after.rows == before.rows
    assert after.digest == before.digest
    assert np.array_equal(after.masks, before.masks)
    assert np.abs(after.images.astype(int) - before.images.astype(int)).mean() < 4
    with pytest.raises(ValueError, match="do not fit"):
        write_parts(collected, tmp_path / "none", 64, most=1, part_bytes=20_480)


def test_a_folder_without_the_encoders_weights_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{ENCODER}.pth is not there"):
        gpu_run.start_of(PLAN, tmp_path)
    assert gpu_run.start_of(replace(PLAN, from_scratch=True), tmp_path) is None


def test_a_gpu_run_at_a_hundredth_of_its_size_ends_as_bundles(collected, tmp_path, monkeypatch):
    (tmp_path / "a.toml").write_text(CONFIG)
    parts, store, out = tmp_path / "parts", tmp_path / "store", tmp_path / "out"
    gpu_run.main([*map(str, ["pack", "--data", collected, "--side", 64, "--out", parts])])
    words = ["train", "--store", store, "--configs", tmp_path / "a.toml", "--out", out]
    words += ["--seconds", 2, "--smoke-seconds", 1, "--seeds", 1, 2, "--device", "cpu"]
    with pytest.raises(SystemExit):
        gpu_run.main([*map(str, words)])
    gpu_run.main(["unpack", "--parts", *map(str, parts.iterdir()), "--store", str(store)])
    monkeypatch.setenv("PYTHONPATH", str(CONFIGS.parent / "src"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    gpu_run.main([*map(str, words)])
    checkpoints = [out / f"a-{seed}" / "checkpoint.pt" for seed in (1, 2)]
    assert all(path.stat().st_size < 16 * 2**20 for path in checkpoints)
    assert [load_network(path).record["config"]["seed"] for path in checkpoints] == [1, 2]

    monkeypatch.setattr(choose, "fit_calibration", lambda logits, labels: Calibration(-1.0, 1.5))
    monkeypatch.setattr(choose, "load_networks", load_networks)
    words = ["choose", "--data", store, "--checkpoint", checkpoints[0], "--no-mirror"]
    words += ["--out", tmp_path / "choice.json", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", [*map(str, words)])
    choose.main()
    choice = json.loads((tmp_path / "choice.json").read_text())
    assert choice["validation"]["n"] == 16
    words = ["export", "--checkpoint", checkpoints[0], "--choice", tmp_path / "choice.json"]
    monkeypatch.setattr(sys, "argv", [*map(str, words), "--out", str(tmp_path / "bundles")])
    export.main()
    files = [
        tmp_path / f"bundles/pleura-{role}-s1/model.onnx" for role in ("classifier", "segmenter")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    bundle = json.loads((tmp_path / "bundles/pleura-classifier-s1/model.json").read_text())
    assert bundle["architecture"].startswith(f"{ENCODER} with a mask decoder to stride 4")


def test_what_is_too_large_does_not_come_back(collected, tmp_path, monkeypatch):
    train_resident(PLAN, collected, tmp_path / "run", 0.01, "cpu")
    monkeypatch.setattr(gpu_run, "BROUGHT_BYTES", 1000)
    with pytest.raises(ValueError, match="cannot come back"):
        gpu_run.keep_small(tmp_path / "run", tmp_path / "out")


def test_the_gpu_command_needs_no_more_than_torch_timm_and_opencv():
    absent = ("onnx", "onnxruntime", "h5py", "sklearn", "matplotlib")
    code = "import sys\n"
    code += "".join(f"sys.modules[{name!r}] = None\n" for name in absent)
    code += "import pleura_training.gpu_run"
    words = [sys.executable, "-c", code]
    source = str(CONFIGS.parent / "src")
    ended = subprocess.run(words, capture_output=True, text=True, env={"PYTHONPATH": source})
    assert ended.returncode == 0, ended.stderr


def test_leaves_as_onnx_alone_and_with_a_network_of_other_tones(tmp_path):
    torch.manual_seed(2)
    networks = {
        "pretrained": (PretrainedScreeningNetwork(ENCODER), {"encoder": ENCODER}, 0.5, 0.5, 64),
        "scratch": (ScreeningNetwork(8, (1,) * 4), {"width": 8, "depths": [1] * 4}, 0.45, 0.25, 96),
    }
    paths = []
    for name, (network, config, mean, std, side) in networks.items():
        state = {"averaged": randomised(network).state_dict(), "side": side, "step": 1}
        state |= {"config": config | {"mean": mean, "std": std}, "record": {}}
        paths.append(tmp_path / f"{name}.pt")
        torch.save(state, paths[-1])
    both = load_networks(paths)
    assert (both.side, both.mean, both.std) == (96, 0.5, 0.5)
    grey = torch.rand(1, 1, 96, 96)
    with torch.inference_mode():
        logits = both.network((grey - 0.5) / 0.5)[0]
        small = both.network.reduced(grey, 64)
        wanted = networks["pretrained"][0]((small - 0.5) / 0.5)[0]
        wanted = (wanted + networks["scratch"][0]((grey - 0.45) / 0.25)[0]) / 2
    torch.testing.assert_close(logits, wanted, atol=1e-4, rtol=1e-4)
    probe = np.random.default_rng(2).normal(size=(2, 1, 96, 96)).astype(np.float32)
    for module in (Classifier(both.network, 0.5), Segmenter(both.network)):
        model = export_onnx(module, 96, half=False)
        assert largest_difference(module, model, probe) <= PARITY_TOLERANCE
