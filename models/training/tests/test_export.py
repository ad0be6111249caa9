import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from pleura_training.export import largest_difference
from pleura_training.golden import draw_tensor
from pleura_training.mirror import MirrorAveraged
from pleura_training.network import ScreeningNetwork
from pleura_training.onnx_export import Classifier, Segmenter, export_onnx

SIDE = 64


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    network = ScreeningNetwork(8, (1, 1, 2, 1))
    for module in network.modules():
        # Fresh normalisation is nearly the identity; a trained one is not.
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, std=0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("way", ["classifier", "segmenter"])
def test_onnxruntime_agrees_with_pytorch(network, way):
    module = Classifier(network, -1.5) if way == "classifier" else Segmenter(network)
    probe = draw_tensor(SIDE, SIDE)
    exact = export_onnx(module, SIDE, half=False)
    assert largest_difference(module, exact, probe) <= 1e-4
    stored = export_onnx(module, SIDE)
    assert largest_difference(module, stored, probe) <= 1e-2
    assert len(stored.SerializeToString()) < 0.7 * len(exact.SerializeToString())


def test_mirroring_the_image_mirrors_the_mask_and_keeps_the_logit(network):
    module = MirrorAveraged(network)
    probe = torch.from_numpy(draw_tensor(SIDE, SIDE))
    logits, activation, mask_logits = module(probe)
    mirrored = module(probe.flip(3))
    assert torch.allclose(logits, mirrored[0], atol=1e-5)
    assert torch.allclose(activation.flip(3), mirrored[1], atol=1e-5)
    assert torch.allclose(mask_logits.flip(3), mirrored[2], atol=1e-5)


@pytest.mark.parametrize("batch", [1, 3])
def test_mirrored_export_agrees_and_holds_the_weights_once(network, batch):
    probe = np.concatenate([draw_tensor(SIDE, SIDE) * scale for scale in (1, -1, 0.5)[:batch]])
    module = Segmenter(MirrorAveraged(network))
    model = export_onnx(module, SIDE, half=False)
    assert largest_difference(module, model, probe) <= 1e-4
    plain = export_onnx(Segmenter(network), SIDE, half=False)
    assert len(model.SerializeToString()) < 1.1 * len(plain.SerializeToString())


def test_only_the_batch_is_free(network):
    model = export_onnx(Segmenter(network), SIDE)
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [dimension.dim_param or dimension.dim_value for dimension in shape] == ["N", 1, 64, 64]
    assert model.opset_import[0].version >= 17
    onnx.checker.check_model(model, full_check=True)


def test_a_batch_equals_its_images_one_by_one(network):
    model = export_onnx(Classifier(network, 0.0), SIDE).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    probe = np.concatenate([draw_tensor(SIDE, SIDE), -draw_tensor(SIDE, SIDE)])
    logits, activation = session.run(None, {"image": probe})
    assert logits.shape == (2, 1)
    assert activation.shape == (2, 1, SIDE // 16, SIDE // 16)
    single = np.concatenate([session.run(None, {"image": one[None]})[0] for one in probe])
    np.testing.assert_allclose(logits, single, atol=1e-4)


def test_export_command_writes_two_complete_bundles(network, tmp_path, monkeypatch):
    from pleura_training import export

    config = {"seed": 1, "width": 8, "depths": [1, 1, 2, 1], "mean": 0.5, "std": 0.25}
    record = {"config": config, "data_digest": "d" * 64, "commit": "c", "images": {"train": 8}}
    state = {"averaged": network.state_dict(), "config": config, "side": SIDE, "step": 5}
    torch.save(state | {"record": record}, tmp_path / "checkpoint.pt")
    point = {"threshold": 0.1, "sensitivity": 1.0, "specificity": 0.5, "measuredOn": "drawn"}
    rule = {"mask_threshold": 0.4, "top_threshold": 0.6, "minimum_area_pixels": 2}
    choice = {
        "side": SIDE,
        "mirror": True,
        "calibration": {"shift": -1.0, "temperature": 1.2},
        "operatingPoints": [{"id": "sensitivity-0.95"} | point],
        "postprocessing": rule | {"maximum_hole_area_pixels": 4},
    }
    (tmp_path / "choice.json").write_text(json.dumps(choice))
    arguments = ["export", "--checkpoint", str(tmp_path / "checkpoint.pt")]
    arguments += ["--choice", str(tmp_path / "choice.json"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", arguments)
    export.main()
    profile = json.loads((tmp_path / "out/profile.json").read_text())
    for role in ("classifier", "segmenter"):
        folder = tmp_path / "out" / profile[role]["bundle"]
        bundle = json.loads((folder / "model.json").read_text())
        assert bundle["sha256"] == profile[role]["sha256"]
        assert {entry["kind"] for entry in bundle["golden"]} == {"tensor", "picture"}
