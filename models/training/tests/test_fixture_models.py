"""The tiny bundles of the product's tests are what their maker writes."""

import importlib.util
import json
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[3] / "test/fixtures/models"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("make_models", FIXTURES / "make_models.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    folder = tmp_path_factory.mktemp("models")
    maker.make_models(folder)
    return folder


def test_the_profile_is_as_made(made):
    assert json.loads((made / "profile.json").read_text()) == json.loads(
        (FIXTURES / "profile.json").read_text()
    )


@pytest.mark.parametrize("name", ["tiny-classifier", "tiny-segmenter"])
def test_a_bundle_is_as_made(made, name):
    for file in ["model.onnx", "golden/tensor.f32", "golden/tensor.out.f32"]:
        assert (made / name / file).read_bytes() == (FIXTURES / name / file).read_bytes(), file
    ours = json.loads((made / name / "model.json").read_text())
    assert ours == json.loads((FIXTURES / name / "model.json").read_text())
