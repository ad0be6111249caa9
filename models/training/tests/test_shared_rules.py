"""Rules and constants that the product states too: one file, which both sides' tests read."""

import json
from pathlib import Path

import numpy as np
import pytest

from pleura_training.dataset import PREPARED_SIDE
from pleura_training.metrics import area_under_curve, dice, wilson_interval
from pleura_training.postprocessing import HOLE_MARGIN

RULES = json.loads((Path(__file__).parent / "shared-rules.json").read_text())


def test_prepares_and_fills_as_the_product_does():
    assert RULES["preparedLongSide"] == PREPARED_SIDE
    assert RULES["holeMargin"] == HOLE_MARGIN


@pytest.mark.parametrize("case", RULES["wilsonInterval95"])
def test_gives_a_share_the_same_interval(case):
    found = wilson_interval(case["successes"], case["total"])
    assert found == pytest.approx((case["lower"], case["upper"]), abs=1e-6)


@pytest.mark.parametrize("case", RULES["areaUnderCurve"])
def test_ranks_alike(case):
    found = area_under_curve(np.array(case["probabilities"]), np.array(case["labels"]))
    assert found == case["area"]


@pytest.mark.parametrize("case", RULES["dice"])
def test_overlaps_alike(case):
    assert dice(np.array(case["mask"]), np.array(case["reference"])) == case["dice"]
