"""From kept weights to bundles, and what PyTorch and onnxruntime say of the same."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from conftest import CLASSIFIER, JOINT, SEGMENTER

from pleura_training import choose
from pleura_training.architectures import build_network
from pleura_training.bundle_session import ClassifierSession, SegmenterSession
from pleura_training.calibration import Calibration
from pleura_training.dataset import load_collected
from pleura_training.finish import NAMES, finish
from pleura_training.golden import draw_tensor
from pleura_training.mirror import Mirrored
from pleura_training.network_bundle import UNMEASURED
from pleura_training.onnx_export import Exported, export_onnx, largest_difference
from pleura_training.plan import build_plan
from pleura_training.train import train
from pleura_training.trained import load_trained

SIDE = 64
PLANS = {"classification": CLASSIFIER, "segmentation": SEGMENTER, "joint": JOINT}


def network_of(task):
    """Random weights, and norms as of a trained network: fresh ones are nearly the identity."""
    torch.manual_seed(3)
    network = build_network(PLANS[task]["name"], **PLANS[task]["options"])
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("task", PLANS)
@pytest.mark.parametrize("mirror", [False, True])
def test_onnxruntime_agrees_with_pytorch(task, mirror):
    network = network_of(task)
    module = Exported(Mirrored(network) if mirror else network, -1.5)
    probe = draw_tensor(SIDE, SIDE, network.channels)
    probe = np.concatenate([probe, -probe, probe * 0.5])
    exact = export_onnx(module, SIDE, half=False, channels=network.channels)
    # What leaves a random network may be large; rounding goes with it.
    with torch.inference_mode():
        largest = max(1.0, *(float(each.abs().max()) for each in module(torch.from_numpy(probe))))
    assert largest_difference(module, exact, probe) <= 1e-4 * largest
    stored = export_onnx(module, SIDE, channels=network.channels)
    assert largest_difference(module, stored, probe) <= 2e-2 * largest
    assert len(stored.SerializeToString()) < 0.7 * len(exact.SerializeToString())
    plain = export_onnx(Exported(network), SIDE, half=False, channels=network.channels)
    # Judged twice, stored once.
    assert len(exact.SerializeToString()) < 1.1 * len(plain.SerializeToString())


@pytest.mark.parametrize("task", PLANS)
def test_mirroring_the_image_mirrors_maps_and_keeps_logits(task):
    network = network_of(task)
    image = torch.from_numpy(draw_tensor(SIDE, SIDE, network.channels))
    with torch.inference_mode():
        here, there = Mirrored(network)(image), Mirrored(network)(image.flip(3))
        alone = network(image)
    for one, other, single in zip(here, there, alone, strict=True):
        mirrored = other.flip(3) if other.ndim == 4 else other
        torch.testing.assert_close(one, mirrored, atol=1e-4, rtol=1e-4)
        assert one.shape == single.shape


def test_only_the_batch_is_free():
    network = network_of("joint")
    model = export_onnx(Exported(network), SIDE)
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [dimension.dim_param or dimension.dim_value for dimension in shape] == ["N", 1, 64, 64]
    assert model.opset_import[0].version >= 17
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    probe = np.concatenate([draw_tensor(SIDE, SIDE), -draw_tensor(SIDE, SIDE)])
    logits, activation, masks = session.run(None, {"image": probe})
    assert logits.shape == (2, 1)
    assert activation.shape == (2, 1, SIDE // 16, SIDE // 16)
    assert masks.shape == (2, 1, SIDE // 4, SIDE // 4)
    single = np.concatenate([session.run(None, {"image": one[None]})[0] for one in probe])
    np.testing.assert_allclose(logits, single, atol=1e-4)


@pytest.fixture
def upright(monkeypatch):
    """A few steps teach nothing, not even which way is up."""
    monkeypatch.setattr(choose, "fit_calibration", lambda *_: Calibration(-1.0, 1.5))


@pytest.mark.parametrize("task", PLANS)
def test_leaves_bundles_that_the_product_s_contract_takes(collected, tmp_path, task, upright):
    run, bundles = tmp_path / "run", tmp_path / "bundles"
    record = train(build_plan(PLANS[task] | {"epochs": 4}, "a.toml"), collected, run, "cpu")
    names = {"classification": "class-1", "segmentation": "mask-1"}
    differences = finish(run / "weights.pt", collected, bundles, "0.2.0", names)
    roles = list(names) if task == "joint" else [task]
    assert list(differences) == [names[role] for role in roles]
    assert all(each["maxAbsErrorFloat32"] <= 1e-4 for each in differences.values())
    assert (bundles / "profile.json").exists() == (task == "joint")
    picture = load_collected(collected).images[0]
    for role in roles:
        folder = bundles / names[role]
        written = json.loads((folder / "model.json").read_text())
        assert (written["id"], written["version"]) == (names[role], "0.2.0")
        assert written["limits"] == list(UNMEASURED)
        assert written["training"]["steps"] == record["kept"]["step"]
        assert {entry["kind"] for entry in written["golden"]} == {"tensor", "picture"}
        if role == "segmentation":
            grid = 16 if task == "joint" else 64
            assert written["output"]["probabilityMap"]["rows"] == grid
            assert SegmenterSession(folder).mask(picture).shape == picture.shape
            continue
        assert 0 <= ClassifierSession(folder).probability(picture) <= 1
        points = {point["id"]: point for point in written["operatingPoints"]}
        assert set(points) == {"sensitivity-0.95", "sensitivity-0.90", "youden"}
        for point in points.values():
            low, high = point["sensitivityInterval95"]
            assert low <= point["sensitivity"] <= high
            assert point["modelSha256"] == written["sha256"]
            assert point["measuredOn"] == "validation, n=16"
    choice = json.loads((bundles / "choice.json").read_text())
    assert choice["validation"]["n"] == 16
    with pytest.raises(ValueError, match="cannot be pruned"):
        finish(run / "weights.pt", collected, bundles, level=1)


def test_a_mirrored_bundle_says_so(collected, tmp_path, upright):
    train(build_plan(CLASSIFIER, "a.toml"), collected, tmp_path / "run", "cpu")
    finish(tmp_path / "run" / "weights.pt", collected, tmp_path / "both", mirror=True)
    folder = tmp_path / "both" / NAMES["classification"]
    written = json.loads((folder / "model.json").read_text())
    assert written["training"]["mirrored"] is True
    assert "averaged with the mirror image" in written["architecture"]
    session, picture = ClassifierSession(folder), load_collected(collected).images[0]
    flipped = np.ascontiguousarray(picture[:, ::-1])
    assert session.probability(picture) == pytest.approx(session.probability(flipped), abs=1e-4)


def test_no_bundle_comes_of_half_a_run_or_of_other_data(collected, tmp_path):
    run = tmp_path / "run"
    train(build_plan(SEGMENTER | {"epochs": 1}, "a.toml"), collected, run, "cpu")
    trained = load_trained(run / "weights.pt")
    assert "kept" not in trained.record
    record = json.loads((run / "run.json").read_text())
    del record["kept"]
    (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="has not ended"):
        finish(run / "weights.pt", collected, tmp_path / "out")
    (run / "run.json").unlink()
    other = tmp_path / "other"
    other.mkdir()
    for file in collected.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    table = (other / "index.json").read_text()
    (other / "index.json").write_text(table.replace("d" * 64, "e" * 64))
    with pytest.raises(ValueError, match="not what"):
        finish(run / "weights.pt", other, tmp_path / "out")
