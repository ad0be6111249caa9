"""The bundles in this repository: their words, and that they still say what they said."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pleura_training.bundle_session import ClassifierSession, SegmenterSession
from pleura_training.metrics import dice
from pleura_training.model_card import goals_table
from pleura_training.run_record import file_digest

MODELS = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in MODELS.glob("*/model.json"))
SHARED = {
    *("schemaVersion", "id", "version", "task", "architecture", "licence", "file", "sha256"),
    *("intendedUse", "limits", "input", "output", "training", "evaluation", "golden"),
}
OWN = {
    "classification": {"calibration", "operatingPoints", "defaultOperatingPoint"},
    "segmentation": {"postprocessing"},
}
SESSIONS = {"classification": ClassifierSession, "segmentation": SegmenterSession}


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request):
    return request.param


@pytest.fixture
def bundle(folder):
    return json.loads((folder / "model.json").read_text())


@pytest.fixture
def session(folder, bundle):
    return SESSIONS[bundle["task"]](folder)


def read_tensor(path, shape):
    return np.frombuffer(path.read_bytes(), "<f4").reshape(shape)


def test_has_exactly_the_agreed_keys(folder, bundle):
    assert set(bundle) == SHARED | OWN[bundle["task"]]
    assert bundle["id"] == folder.name
    assert bundle["schemaVersion"] == 1
    assert (
        len(bundle["input"]["mean"]) == len(bundle["input"]["std"]) == bundle["input"]["channels"]
    )


def test_is_bound_to_its_weights(folder, bundle):
    digest = file_digest(folder / bundle["file"])
    assert bundle["sha256"] == digest
    assert (folder / bundle["file"]).stat().st_size <= 40e6
    for point in bundle.get("operatingPoints", []):
        assert point["modelSha256"] == digest
        assert 0 < point["threshold"] < 1


def test_declares_the_shapes_of_the_file(session, bundle):
    contract = bundle["input"]
    given = session.session.get_inputs()[0]
    assert given.name == contract["name"]
    assert given.shape[1:] == [contract["channels"], contract["rows"], contract["columns"]]
    output = bundle["output"]
    maps = [output[key] for key in ("classActivationMap", "probabilityMap") if key in output]
    tensor = np.zeros((2, *given.shape[1:]), np.float32)
    for declared in maps:
        shape = session.run(tensor, declared["name"]).shape
        assert shape == (2, 1, declared["rows"], declared["columns"])


def test_every_number_names_its_command_and_interval(folder, bundle):
    assert bundle["evaluation"]
    for entry in bundle["evaluation"]:
        low, high = entry["interval95"]
        assert low <= entry["value"] <= high
        assert entry["command"].startswith("python -m pleura_training.")
    card = (folder / "MODEL_CARD.md").read_text()
    for heading in (
        "## Limits",
        "## Data",
        "## Measured",
        "### Goals",
        "## Caveats",
        "## Failure cases",
    ):
        assert heading in card


def test_a_goal_that_was_missed_is_called_missed():
    def entries(value):
        rows = (("auc", "gold test"), ("auc", "silver hold-out"))
        found = {"value": value, "interval95": [value - 0.05, value + 0.05]}
        return [{"metric": metric, "set": name} | found for metric, name in rows]

    assert "**missed**" in goals_table(entries(0.949), "classification")
    assert "**missed**" not in goals_table(entries(0.95), "classification")


def test_reproduces_its_golden_files(folder, bundle, session):
    kinds = set()
    for golden in bundle["golden"]:
        kinds.add(golden["kind"])
        if golden["kind"] == "tensor":
            tensor = read_tensor(folder / golden["input"], golden["inputShape"])
            expected = read_tensor(folder / golden["output"], golden["outputShape"])
            error = np.abs(session.run(tensor, golden["outputName"]) - expected).max()
            assert error <= golden["maxAbsError"]
            continue
        picture = cv2.imread(str(folder / golden["input"]), cv2.IMREAD_GRAYSCALE)
        if "probability" in golden:
            assert abs(session.probability(picture) - golden["probability"]) <= golden["tolerance"]
        else:
            expected = cv2.imread(str(folder / golden["mask"]), cv2.IMREAD_GRAYSCALE) > 0
            mask = session.mask(picture)
            assert dice(mask, expected) >= golden["minimumDice"]
            assert mask.mean() == pytest.approx(golden["maskAreaFraction"], abs=0.002)
    assert kinds == {"tensor", "picture"}


def test_profile_names_bundles_by_digest():
    profile = json.loads((MODELS / "profile.json").read_text())
    for role in ("classifier", "segmenter"):
        folder = MODELS / profile[role]["bundle"]
        assert profile[role]["sha256"] == file_digest(folder / "model.onnx")
    classifier = MODELS / profile["classifier"]["bundle"]
    bundle = json.loads((classifier / "model.json").read_text())
    points = {point["id"] for point in bundle["operatingPoints"]}
    assert profile["classifier"]["operatingPoint"] in points
