"""What is carried to a GPU and back; the recipe of the shipped weights at a hundredth."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from conftest import JOINT

from pleura_training import choose, gpu_run, reproduce
from pleura_training import train as trainer
from pleura_training.architectures.joint import JointNetwork, load_ordered_weights
from pleura_training.calibration import Calibration
from pleura_training.dataset import load_collected
from pleura_training.parts import unpack_parts, write_parts
from pleura_training.plan import build_plan
from pleura_training.side_by_side import start_of
from pleura_training.train import train
from pleura_training.trained import load_trained

CONFIGS = Path(__file__).parents[1] / "configs"
ENCODER = "tf_efficientnet_lite0"
CONFIG = f"""
name = "joint"
options = {{ encoder = "{ENCODER}" }}
side = 64
batch = 8
learning_rate = 1e-3
positive_share = 0.5
average_decay = 0.9
"""


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(CONFIGS.parent / "src"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def test_parts_are_carried_whole_and_make_the_same_set(collected, tmp_path):
    parts = write_parts(collected, tmp_path / "parts", 64, most=4, part_bytes=60_000)
    assert len(parts) > 1
    assert all(part.stat().st_size <= 60_000 for part in parts)
    store = tmp_path / "store"
    assert not unpack_parts(parts[1:], store)
    assert unpack_parts(parts, store)
    assert unpack_parts([], store)
    before, after = load_collected(collected), load_collected(store)
    assert after.rows == before.rows
    assert after.digest == before.digest
    assert np.array_equal(after.masks, before.masks)
    assert np.abs(after.images.astype(int) - before.images.astype(int)).mean() < 4
    with pytest.raises(ValueError, match="do not fit"):
        write_parts(collected, tmp_path / "none", 64, most=1, part_bytes=20_480)


def test_a_run_starts_from_what_the_folder_holds_for_its_encoder(tmp_path):
    plan = build_plan(JOINT, "a.toml")
    with pytest.raises(FileNotFoundError, match=f"{ENCODER}.pth"):
        start_of(plan, tmp_path)
    (tmp_path / f"{ENCODER}.pth").touch()
    assert start_of(plan, tmp_path) == ["--imagenet", tmp_path / f"{ENCODER}.pth"]
    (tmp_path / f"{ENCODER}.pt").touch()
    assert start_of(plan, tmp_path) == ["--weights", tmp_path / f"{ENCODER}.pt"]
    assert start_of(plan, None) == []
    assert start_of(build_plan(JOINT | {"from_scratch": True}, "a.toml"), tmp_path) == []


def test_a_gpu_run_at_a_hundredth_of_its_size_comes_back(collected, tmp_path, capsys):
    (tmp_path / "a.toml").write_text(CONFIG)
    parts, store, out = tmp_path / "parts", tmp_path / "store", tmp_path / "out"
    gpu_run.main([*map(str, ["pack", "--data", collected, "--side", 64, "--out", parts])])
    words = ["train", "--store", store, "--configs", tmp_path / "a.toml", "--out", out]
    words += ["--seconds", 2, "--smoke-seconds", 1, "--seeds", 1, 2, "--device", "cpu"]
    with pytest.raises(SystemExit):
        gpu_run.main([*map(str, words)])
    assert "`unpack` the other parts first" in capsys.readouterr().err
    gpu_run.main(["unpack", "--parts", *map(str, parts.iterdir()), "--store", str(store)])
    gpu_run.main([*map(str, words)])
    kept = [out / f"a-{seed}" / "weights.pt" for seed in (1, 2)]
    assert all(path.stat().st_size < 16 * 2**20 for path in kept)
    assert [load_trained(path).record["plan"]["seed"] for path in kept] == [1, 2]


def test_what_is_too_large_does_not_come_back(collected, tmp_path, monkeypatch):
    train(build_plan(JOINT, "a.toml"), collected, tmp_path / "run", "cpu", seconds=0.01)
    monkeypatch.setattr(gpu_run, "BROUGHT_BYTES", 1000)
    with pytest.raises(ValueError, match="cannot come back"):
        gpu_run.keep_small(tmp_path / "run", tmp_path / "out")


def test_the_gpu_command_needs_no_more_than_torch_timm_and_opencv():
    absent = ("onnx", "onnxruntime", "h5py", "sklearn", "matplotlib")
    code = "import sys\n"
    code += "".join(f"sys.modules[{name!r}] = None\n" for name in absent)
    code += "import pleura_training.gpu_run, pleura_training.train"
    source = str(CONFIGS.parent / "src")
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": source}
    )
    assert ended.returncode == 0, ended.stderr


def randomised(network):
    """Fresh normalisation is nearly the identity; a trained one is not."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, std=0.1)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("encoder", [ENCODER, "resnet18", "convnext_atto"])
def test_any_encoder_answers_in_the_shapes_of_the_bundles(encoder):
    network = JointNetwork(encoder).eval()
    logits, activation, masks = network(torch.zeros(2, 1, 64, 96))
    assert logits.shape == (2, 1)
    assert activation.shape == (2, 1, 4, 6)
    assert masks.shape == (2, 1, 16, 24)


def test_an_encoder_without_the_decoders_strides_is_refused():
    with pytest.raises(ValueError, match="the decoder wants"):
        JointNetwork("vit_tiny_patch16_224")


def test_weights_of_other_names_are_taken_in_order_and_tell_the_same_of_grey_images():
    torch.manual_seed(1)
    photographs = randomised(timm.create_model(ENCODER, pretrained=False))
    renamed = {f"other.{n}": each for n, each in enumerate(photographs.state_dict().values())}
    network = JointNetwork(ENCODER).eval()
    load_ordered_weights(network, "weights.pth", renamed)
    grey = torch.randn(1, 1, 64, 64)
    wanted = photographs.forward_intermediates(
        grey.expand(-1, 3, -1, -1), intermediates_only=True, indices=[1, 2, 3, 4]
    )
    for given, found in zip(wanted, network.encoder(grey), strict=True):
        torch.testing.assert_close(found, given, atol=1e-3, rtol=1e-3)

    with pytest.raises(ValueError, match=r"short\.pth holds"):
        load_ordered_weights(network, "short.pth", dict(list(renamed.items())[1:]))
    first = next(iter(renamed))
    with pytest.raises(ValueError, match=r"conv_stem\.weight is"):
        load_ordered_weights(network, "bent.pth", renamed | {first: torch.zeros(3)})


def test_one_command_makes_bundles_as_the_shipped_ones_were_made(
    collected, tmp_path, monkeypatch, capsys
):
    photographs, out = tmp_path / "photographs", tmp_path / "out"
    photographs.mkdir()
    words = ["--data", collected, "--photographs", photographs, "--out", out, "--device", "cpu"]
    words += ["--side", 64, "--batch", 8, "--seconds", 1, "--student-seconds", 1]
    words += ["--mask-epochs", 2]
    with pytest.raises(SystemExit):
        reproduce.main([*map(str, words)])
    assert "tf_efficientnet_lite1.pth" in capsys.readouterr().err
    weights = timm.create_model("tf_efficientnet_lite1", pretrained=False).state_dict()
    torch.save(weights, photographs / "tf_efficientnet_lite1.pth")
    # Two teachers say as much about the way as three.
    monkeypatch.setattr(reproduce, "TEACHERS", ("lite1-gpu", "resnet18d-scratch"))
    # A few steps teach nothing, not even which way is up.
    monkeypatch.setattr(choose, "fit_calibration", lambda *_: Calibration(-1.0, 1.5))
    reproduce.main([*map(str, words)])
    record = json.loads((out / "lite1-student" / "run.json").read_text())
    assert len(record["teachers"]) == 2
    assert record["starts_from"]["weights"] == "weights"
    masks = load_trained(out / "masks.pt")
    student = load_trained(out / "lite1-student" / "weights.pt")
    assert masks.record["masks"]["epochs"] == 2
    picture = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        before, after = student.network(picture), masks.network(picture)
    # The masks have learned on, and nothing else has moved.
    torch.testing.assert_close(after[:2], before[:2])
    assert not torch.allclose(after[2], before[2], atol=1e-3)
    bundles = out / "bundles"
    files = [bundles / f"pleura-{role}-s1/model.onnx" for role in ("classifier", "segmenter")]
    assert files[0].read_bytes() == files[1].read_bytes()
    bundle = json.loads((bundles / "pleura-classifier-s1/model.json").read_text())
    assert bundle["architecture"].startswith("tf_efficientnet_lite1 with a mask decoder")
    profile = json.loads((bundles / "profile.json").read_text())
    assert profile["classifier"]["sha256"] == profile["segmenter"]["sha256"] == bundle["sha256"]
    # Cut short and started again, nothing is made twice.
    before = [(out / name).stat().st_mtime_ns for name in ("masks.pt", "lite1-student/weights.pt")]
    calls = []

    def one_after_another(trainings, logs):
        calls.extend(trainings)
        for each in trainings.values():
            trainer.main([*map(str, each)])
        return []

    # In this process: starting three more that have nothing to do takes half a minute.
    monkeypatch.setattr(reproduce, "train_side_by_side", one_after_another)
    reproduce.main([*map(str, words)])
    assert calls == ["lite1-gpu", "resnet18d-scratch", "lite1-student"]
    after = [(out / name).stat().st_mtime_ns for name in ("masks.pt", "lite1-student/weights.pt")]
    assert after == before
