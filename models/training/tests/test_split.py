import numpy as np

from pleura_training.phantom import draw_phantom
from pleura_training.radiographs import Radiograph
from pleura_training.split import appearance_signatures, build_split, group_by_likeness


def drawn_split(seed):
    """40 drawn chests; silver image 30 repeats silver 3, silver 31 repeats gold 0."""
    images = [draw_phantom(64, 64, seed, False) for seed in range(40)]
    generator = np.random.default_rng(0)
    images = [generator.integers(0, 256, (64, 64)).astype(np.uint8) for _ in images]
    images[30], images[31] = images[3].copy(), images[0].copy()
    rows = [
        Radiograph(f"id{n}", "", n % 2, "silver", "", "gold" if n < 3 else "silver", "PA", "", "")
        for n in range(40)
    ]
    return build_split(rows, appearance_signatures(images), seed)


def side_of(sides, identifier):
    return next(name for name, ids in sides.items() if identifier in ids)


def test_keeps_look_alikes_on_one_side_and_away_from_gold():
    for seed in range(5):
        sides = drawn_split(seed)
        assert side_of(sides, "id30") == side_of(sides, "id3")
        assert side_of(sides, "id31") == "quarantine"
        assert sides["gold-test"] == ["id0", "id1", "id2"]


def test_places_every_image_once_and_repeats_itself():
    sides = drawn_split(1)
    ids = [identifier for members in sides.values() for identifier in members]
    assert sorted(ids) == sorted(f"id{n}" for n in range(40))
    assert sides == drawn_split(1)
    assert all(sides[name] for name in ("train", "validation", "holdout"))


def test_likeness_is_transitive():
    correlation = np.eye(4)
    correlation[0, 1] = correlation[1, 2] = 0.9
    groups = group_by_likeness(correlation, 0.8)
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_signatures_ignore_brightness_and_contrast():
    image = draw_phantom(128, 128, 1, True)
    faded = (image * 0.5 + 40).astype(np.uint8)
    first, second = appearance_signatures(np.stack([image, faded]))
    assert first @ second > 0.95
