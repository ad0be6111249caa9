import math
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

from pleura_training.architectures import ARCHITECTURES
from pleura_training.losses import soft_dice_loss
from pleura_training.objectives import MASK_PARTS, Taught, build_objective, tversky_loss
from pleura_training.sampling import epoch_order, inverse_frequency_weights, nested_share

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.toml"))
LN2, LN3, LN4 = math.log(2), math.log(3), math.log(4)
# A logit of ln 3 is a probability of 3/4: it costs ln 4 - ln 3 when right, ln 4 when wrong.
RIGHT, WRONG = LN4 - LN3, LN4


def row(*numbers):
    """One image of one row. Shape: [1, 1, 1, W]."""
    return torch.tensor(numbers).view(1, 1, 1, -1)


def batch_of(truth, labels=None, smoothing=0.0):
    """As `Pages` makes it, as far as losses look at it."""
    labels = torch.ones(len(truth), 1) if labels is None else labels
    outlined = torch.ones_like(labels)
    return {"masks": truth, "labels": labels, "smoothing": smoothing * outlined} | {
        "outlined": outlined,
        "taught": outlined,
    }


def mask_loss_of(section, logits, truth):
    objective = build_objective(section, "segmentation")
    return float(objective(logits, batch_of(truth), None)["total"])


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        # Probabilities 3/4 in the air, 1/2 beside it: (ln 4/3 + ln 2) / 2.
        ({"bce": 1}, (RIGHT + LN2) / 2),
        # 1 - (2 * 3/4 + 1) / (3/4 + 1/2 + 1 + 1).
        ({"dice": 1}, 1 - 2.5 / 3.25),
        # (1/4 * (1/4)^2 * ln 4/3 + 3/4 * (1/2)^2 * ln 2) / 2.
        ({"focal": 1}, (RIGHT / 64 + LN2 * 3 / 16) / 2),
        # alpha 1/2, power 1: (1/2 * 1/4 * ln 4/3 + 1/2 * 1/2 * ln 2) / 2.
        ({"focal": 1, "focal_alpha": 0.5, "focal_gamma": 1}, (RIGHT / 8 + LN2 / 4) / 2),
        # Found 3/4, beside 1/2, missed 1/4: 1 - 1.25 / (0.75 + 0.3 * 0.5 + 0.7 * 0.25 + 0.5).
        ({"tversky": 1}, 1 - 1.25 / 1.575),
        # 1 - 1.25 / (0.75 + 0.5 + 0.5).
        (
            {"tversky": 1, "tversky_false_positive": 1, "tversky_false_negative": 0},
            1 - 1.25 / 1.75,
        ),
        # Errors 1 - ln 3 < 0 in the air and 1 beside it. The worse pixel alone wrong: Jaccard 1/2.
        ({"lovasz": 1}, 0.5),
        # Twice the cross-entropy and three times the Dice.
        ({"bce": 2, "dice": 3}, (RIGHT + LN2) + 3 * (1 - 2.5 / 3.25)),
        ({"bce": 2, "dice": 0}, RIGHT + LN2),
    ],
)
def test_each_mask_loss_is_what_a_hand_works_out(section, expected):
    assert mask_loss_of(section, [row(LN3, 0.0)], row(1.0, 0.0)) == pytest.approx(
        expected, abs=1e-6
    )


def test_lovasz_orders_the_errors_and_weighs_them_by_the_jaccard_they_cost():
    # Errors: 1 - 0.5 = 0.5 (air), 1 + 1 = 2 (air), 1 + 0.25 = 1.25 (none).
    # Jaccard loss with the worst, two worst, all wrong: 1 - 1/2, 1 - 1/3, 1 - 0/3.
    # Steps 1/2, 1/6, 1/3: 2/2 + 1.25/6 + 0.5/3 = 1.375.
    loss = mask_loss_of({"lovasz": 1}, [row(0.5, -1.0, 0.25)], row(1.0, 1.0, 0.0))
    assert loss == pytest.approx(1.375)


def test_lovasz_of_an_empty_image_is_its_worst_pixel():
    # Errors 1 + 0.5 and 1 - 3 -> 0: the first false pixel costs all of the Jaccard.
    assert mask_loss_of({"lovasz": 1}, [row(0.5, -3.0)], row(0.0, 0.0)) == pytest.approx(1.5)


def test_lovasz_is_averaged_over_images_and_not_over_the_pixels_of_all():
    logits = torch.cat([row(0.5, -1.0, 0.25), row(0.5, -3.0, -3.0)])
    truth = torch.cat([row(1.0, 1.0, 0.0), row(0.0, 0.0, 0.0)])
    loss = mask_loss_of({"lovasz": 1}, [logits], truth)
    assert loss == pytest.approx((1.375 + 1.5) / 2)


def test_tversky_with_halves_is_dice():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(3, 1, 5, 5, generator=generator)
    truth = torch.rand(3, 1, 5, 5, generator=generator)
    truth[1] = 0
    present = torch.tensor([1.0, 0.0, 1.0])
    expected = float(soft_dice_loss(logits, truth, present))
    assert float(tversky_loss(logits, truth, 0.5, 0.5)) == pytest.approx(expected)


@pytest.mark.parametrize("part", ["dice", "tversky"])
def test_overlap_is_measured_where_there_is_a_mask(part):
    alone = mask_loss_of({part: 1}, [row(LN3, 0.0)], row(1.0, 0.0))
    logits, truth = (
        torch.cat([row(LN3, 0.0), row(2.0, 2.0)]),
        torch.cat([row(1.0, 0.0), row(0.0, 0.0)]),
    )
    assert mask_loss_of({part: 1}, [logits], truth) == pytest.approx(alone)


@pytest.mark.parametrize("part", MASK_PARTS)
@pytest.mark.parametrize("filling", [0.0, 1.0])
@pytest.mark.parametrize("size", [0.0, 1.0, 200.0])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_loss_and_gradient_are_finite_on_empty_and_full_masks(part, filling, size, kind):
    logits = (size * torch.linspace(-1, 1, 32)).view(2, 1, 4, 4).to(kind).requires_grad_()
    truth = torch.full((2, 1, 4, 4), filling)
    objective = build_objective({part: 1}, "segmentation")
    loss = objective([logits], batch_of(truth, torch.full((2, 1), filling)), None)["total"]
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("part", MASK_PARTS)
def test_half_precision_answers_are_weighed_in_float32(part):
    logits = torch.linspace(-3, 3, 32).view(2, 1, 4, 4).bfloat16()
    truth = (torch.arange(32).view(2, 1, 4, 4) % 3 == 0).float()
    whole = mask_loss_of({part: 1}, [logits.float()], truth)
    assert mask_loss_of({part: 1}, [logits], truth) == whole


@pytest.mark.parametrize("part", MASK_PARTS)
def test_each_mask_loss_falls_when_followed(part):
    truth = torch.zeros(1, 1, 4, 4)
    truth[..., :2, :3] = 1
    logits = torch.zeros(1, 1, 4, 4, requires_grad=True)
    objective = build_objective({part: 1}, "segmentation")
    optimizer = torch.optim.Adam([logits], 0.1)
    for _ in range(60):
        optimizer.zero_grad()
        objective([logits], batch_of(truth), None)["total"].backward()
        optimizer.step()
    assert torch.equal(logits.detach() > 0, truth > 0.5)


def test_level_weights_average_the_masks():
    # Cross-entropy ln 4/3 of the first mask, ln 2 of the second, at 1 to 3.
    masks, truth = [row(LN3), row(0.0)], row(1.0)
    weighed = {"bce": 1, "level_weights": [1, 3]}
    assert mask_loss_of(weighed, masks, truth) == pytest.approx((RIGHT + 3 * LN2) / 4)
    assert mask_loss_of({"bce": 1, "level_weights": [1, 0]}, masks, truth) == pytest.approx(RIGHT)


def test_without_level_weights_the_last_mask_alone_is_trained():
    masks, truth = [row(LN3), row(0.0)], row(1.0)
    assert mask_loss_of({"bce": 1}, masks, truth) == pytest.approx(LN2)


def class_loss_of(section, logits, labels, class_weights=None, smoothing=0.0):
    objective = build_objective(section, "classification", class_weights)
    batch = batch_of(torch.zeros(len(labels), 1, 1, 1), labels, smoothing)
    return float(objective(logits, batch, None)["total"])


def test_class_loss_weighs_the_classes_and_leaves_the_activation_map_alone():
    logits, labels = torch.full((2, 1), LN3), torch.tensor([[1.0], [0.0]])
    answer = (logits, torch.full((2, 1, 1, 1), 9.0))
    assert class_loss_of({"bce": 1}, answer, labels) == pytest.approx((RIGHT + WRONG) / 2)
    # The positive weighs 2, the negative 2/3.
    weighed = {"bce": 1, "class_weights": "inverse-frequency"}
    expected = (2 * RIGHT + WRONG * 2 / 3) / 2
    assert class_loss_of(weighed, answer, labels, (2 / 3, 2.0)) == pytest.approx(expected)
    # Weights that the section does not ask for stay unused.
    assert class_loss_of({"bce": 1}, answer, labels, (9.0, 7.0)) == pytest.approx(
        (RIGHT + WRONG) / 2
    )


def test_half_precision_class_logits_are_weighed_in_float32():
    logits, labels = (
        torch.linspace(-3, 3, 8).view(8, 1).bfloat16(),
        (torch.arange(8) % 2.0)[:, None],
    )
    whole = class_loss_of({"bce": 1}, [logits.float()], labels)
    assert class_loss_of({"bce": 1}, [logits], labels) == whole


def test_smoothing_takes_a_share_of_the_labels_to_be_wrong():
    answer, labels = [torch.tensor([[LN3]])], torch.ones(1, 1)
    loss = class_loss_of({"bce": 2}, answer, labels, smoothing=0.1)
    assert loss == pytest.approx(2 * (0.9 * RIGHT + 0.1 * WRONG))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_of_the_study_has_a_loss(path):
    config = tomllib.loads(path.read_text())
    task = ARCHITECTURES[config["name"]].task
    masks = config["loss"].get("level_weights", [1])
    answer = [torch.zeros(2, 1) if task == "classification" else torch.zeros(2, 1, 4, 4)]
    truth = torch.zeros(2, 1, 4, 4)
    truth[0, 0, 0] = 1
    objective = build_objective(config["loss"], task, (0.5, 2.0))
    batch = batch_of(truth, torch.tensor([[1.0], [0.0]]))
    loss = objective(answer * len(masks), batch, None)["total"]
    # ln 2 everywhere: weighed by 2 and 1/2 for the classes; plus, for a mask of 4 of 16 pixels,
    # a Dice of (2 * 4/2 + 1) / (16/2 + 4 + 1).
    expected = LN2 * (2 + 0.5) / 2 if task == "classification" else LN2 + 1 - 5 / 13
    assert float(loss) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("section", "task", "message"),
    [
        ({"bce": 1, "jaccard": 1}, "segmentation", "jaccard; it may have bce, dice"),
        ({"bce": 1, "dice": 1}, "classification", "dice; it may have bce"),
        ({"bce": 1}, "joint", "bce; it may have activation"),
        ({"pixels": -1}, "joint", "pixels is -1"),
        ({}, "segmentation", "weighs nothing"),
        ({"bce": 0.0}, "classification", "weighs nothing"),
        ({"bce": -1}, "segmentation", "bce is -1"),
        ({"bce": "1"}, "segmentation", "bce is '1'"),
        ({"bce": True}, "segmentation", "bce is True"),
        ({"bce": math.nan}, "segmentation", "bce is nan"),
        ({"focal": 1, "focal_gamma": 0.5}, "segmentation", "focal_gamma is 0.5"),
        ({"focal": 1, "focal_alpha": 2}, "segmentation", "focal_alpha is 2"),
        ({"bce": 1, "level_weights": []}, "segmentation", "empty"),
        ({"bce": 1, "level_weights": [0, 0]}, "segmentation", "all 0"),
        ({"bce": 1, "level_weights": [1, -1]}, "segmentation", "level_weights is -1"),
        ({"bce": 1, "class_weights": "equal"}, "classification", "class_weights is 'equal'"),
        ({"bce": 1, "class_weights": "inverse-frequency"}, "classification", "none were counted"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(section, task, message):
    with pytest.raises(ValueError, match=message):
        build_objective(section, task)


def test_masks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 level_weights for 1 masks"):
        mask_loss_of({"bce": 1, "level_weights": [1, 1]}, [row(0.0)], row(1.0))
    with pytest.raises(ValueError, match="mask is"):
        mask_loss_of({"dice": 1}, [row(0.0)], row(1.0, 0.0))


def test_inverse_frequency_weights_balance_the_classes():
    # 8 images, 2 of them positive: 8 / (2 * 6) and 8 / (2 * 2).
    assert inverse_frequency_weights(np.array([0, 0, 1, 0, 0, 1, 0, 0])) == pytest.approx(
        (2 / 3, 2)
    )
    with pytest.raises(ValueError, match="0 negatives and 3 positives"):
        inverse_frequency_weights(np.ones(3))


def test_the_order_holds_the_share_of_positives_in_every_run():
    labels = (np.arange(50) % 5 == 0).astype(int)
    for share in (0, 0.1, 0.29, 0.5, 0.75, 1):
        order = epoch_order(labels, share, 100, np.random.default_rng(3))
        assert order.dtype == np.int64
        assert labels[order].sum() == round(100 * share)
        runs = np.lib.stride_tricks.sliding_window_view(labels[order], 8).sum(1)
        assert np.abs(runs - 8 * share).max() <= 1


def test_the_order_repeats_no_radiograph_before_all_of_its_class_came():
    labels = np.array([1, 0, 0, 1, 0, 0, 0, 1])
    order = epoch_order(labels, 0.5, 20, np.random.default_rng(5))
    for label, count in ((1, 3), (0, 5)):
        walk = order[labels[order] == label]
        rounds = [walk[start : start + count] for start in range(0, len(walk), count)]
        assert len(rounds) > 1
        assert all(len(set(each)) == len(each) for each in rounds)


def test_the_order_is_the_generators():
    labels = np.arange(40) % 2
    first, again, other = (
        epoch_order(labels, 0.5, 40, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_the_order_refuses_a_class_that_is_not_there():
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="no radiograph has label 1"):
        epoch_order(np.zeros(4), 0.5, 8, generator)
    with pytest.raises(ValueError, match=r"positive_share is 1\.5"):
        epoch_order(np.zeros(4), 1.5, 8, generator)
    assert (epoch_order(np.zeros(4), 0, 8, generator) < 4).all()
    assert len(epoch_order(np.zeros(4), 0.5, 0, generator)) == 0


JOINT = {"pixels": 8.0, "air": 3.0, "activation": 0.3}


def joint_answer():
    return torch.zeros(2, 1), torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 16, 16)


def test_the_joint_loss_is_what_a_hand_works_out():
    # Half of each page is air; ln 2 everywhere, a pixel of air weighs 3: (3 + 1) / 2 of it.
    truth = torch.zeros(2, 1, 64, 64)
    truth[..., :32] = 1
    parts = build_objective(JOINT, "joint")(joint_answer(), batch_of(truth), None)
    assert float(parts["class"]) == pytest.approx(LN2)
    assert float(parts["pixels"]) == pytest.approx(8 * 2 * LN2, rel=1e-5)
    assert float(parts["activation"]) == pytest.approx(0.3 * LN2, rel=1e-5)
    # Of 256 cells 128 are air: 1 - (2 * 64 + 1) / (128 + 128 + 1).
    assert float(parts["dice"]) == pytest.approx(1 - 129 / 257, rel=1e-5)
    total = sum(float(each) for name, each in parts.items() if name != "total")
    assert float(parts["total"]) == pytest.approx(total)


def test_a_positive_that_nobody_outlined_says_nothing_about_masks():
    batch = batch_of(torch.zeros(2, 1, 64, 64)) | {"outlined": torch.zeros(2, 1)}
    parts = build_objective(JOINT, "joint")(joint_answer(), batch, None)
    assert [float(parts[name]) for name in ("pixels", "dice", "activation")] == [0, 0, 0]
    assert float(parts["class"]) == pytest.approx(LN2, abs=1e-6)


def test_teachers_move_the_class_and_say_where_unoutlined_air_is():
    answer = joint_answer()
    answer[0].requires_grad_(True)
    answer[2].requires_grad_(True)
    batch = batch_of(torch.zeros(2, 1, 64, 64)) | {"outlined": torch.tensor([[1.0], [0.0]])}
    taught = Taught(torch.zeros(2, 1), torch.ones(2, 1, 16, 16), 0.6)
    build_objective(JOINT, "joint")(answer, batch, taught)["total"].backward()
    # sigmoid(0) - (1 - 0.6), halved by the mean over the batch
    assert answer[0].grad[:, 0].tolist() == pytest.approx([0.05, 0.05])
    assert (answer[2].grad[0] > 0).all()
    assert (answer[2].grad[1] < 0).all()


def test_a_round_leaves_out_what_weighs_less_as_often_as_that():
    labels = np.arange(400) % 2
    weights = np.where(np.arange(400) < 200, 1.0, 0.25)
    order = epoch_order(labels, 0.5, 250, np.random.default_rng(3), weights)
    assert labels[order].sum() == 125
    assert len(set(order)) == 250
    # A round of a class holds all 100 heavy ones and about 25 of the light ones.
    assert (order >= 200).mean() == pytest.approx(0.2, abs=0.05)
    only = epoch_order(labels, 0.5, 300, np.random.default_rng(3), np.where(weights == 1, 1.0, 0))
    assert (only < 200).all()
    with pytest.raises(ValueError, match="no radiograph has label 1"):
        epoch_order(labels, 0.5, 8, np.random.default_rng(3), 1.0 - labels)


def test_without_a_share_every_place_comes_once_a_round():
    order = epoch_order(np.arange(30) % 5 == 0, None, 60, np.random.default_rng(3))
    assert sorted(order[:30]) == sorted(order[30:]) == list(range(30))


def test_a_smaller_share_of_the_data_lies_within_a_larger_one():
    labels = np.arange(200) % 5 == 0
    quarter, half = nested_share(labels, 0.25), nested_share(labels, 0.5)
    assert len(quarter) == 50
    assert labels[quarter].sum() == 10
    assert set(quarter) < set(half)
    assert nested_share(labels, 1.0).tolist() == list(range(200))
