"""What `collect` packs."""

import csv

import cv2
import numpy as np
import pytest

from pleura_training.dataset import in_sides, load_collected, pack_prepared, read_prepared
from pleura_training.drawn_set import draw_set


def lay_prepared(folder, count, side=64):
    """As `pleura prepare-dataset --sizes 1024` leaves it; every sixth lacks its outline."""
    drawn = draw_set(count, side, seed=4)
    for name in ("images", "masks"):
        (folder / "1024" / name).mkdir(parents=True)
    with open(folder / "index.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "patient", "split"])
        for n in range(count):
            split = "train" if n < count * 2 // 3 else "validation"
            writer.writerow([f"p{n}", drawn.labels[n], f"patient{n // 2}", split])
            cv2.imwrite(str(folder / "1024" / "images" / f"p{n}.png"), drawn.pictures[n])
            if drawn.labels[n] and n % 6 != 5:
                mask = drawn.masks[n] * 255
                cv2.imwrite(str(folder / "1024" / "masks" / f"p{n}.png"), mask)
    return drawn


def test_packs_pixels_outlines_and_sides_as_they_were_prepared(tmp_path):
    drawn = lay_prepared(tmp_path / "prepared", 12)
    packed = pack_prepared(read_prepared(tmp_path / "prepared"), tmp_path / "data", 64)
    assert np.array_equal(packed.images, drawn.pictures)
    assert packed.masks.max() == 1
    for n, row in enumerate(packed.rows):
        outlined = drawn.labels[n] == 1 and n % 6 != 5
        assert (row.id, row.label, row.has_mask) == (f"p{n}", drawn.labels[n], outlined)
        assert np.array_equal(packed.masks[n], drawn.masks[n] if outlined else 0 * drawn.masks[n])
    assert {row.split for row in packed.rows} == {"train", "validation"}
    assert load_collected(tmp_path / "data").digest == packed.digest
    with pytest.raises(FileNotFoundError, match="collect"):
        load_collected(tmp_path)


def test_a_radiograph_without_a_label_is_left_out(tmp_path):
    lay_prepared(tmp_path / "prepared", 6)
    index = tmp_path / "prepared" / "index.csv"
    index.write_text(index.read_text().replace("p0,0", "p0,"))
    assert len(pack_prepared(read_prepared(tmp_path / "prepared"), tmp_path / "data", 64).rows) == 5
    index.write_text("id,label,patient,split\n")
    with pytest.raises(ValueError, match="no radiograph with a label"):
        pack_prepared(read_prepared(tmp_path / "prepared"), tmp_path / "data", 64)


def test_a_split_file_puts_each_radiograph_on_its_side_and_leaves_out_the_rest(tmp_path):
    lay_prepared(tmp_path / "prepared", 6)
    entries = read_prepared(tmp_path / "prepared")
    names = [entry["id"] for entry in entries]
    sides = {"train": names[:3], "validation": names[4:5]}
    packed = pack_prepared(in_sides(entries, sides), tmp_path / "data", 64)
    assert [(row.id, row.split) for row in packed.rows] == [
        *((name, "train") for name in names[:3]),
        (names[4], "validation"),
    ]
    for wrong, entries_of, problem in (
        ({"train": names[:1] * 2}, entries, "names a radiograph twice"),
        ({"train": names[:1], "holdout": names[:1]}, entries, "names a radiograph twice"),
        ({"train": names}, entries * 2, "of the same id"),
        ({"train": names, "gold": ["elsewhere"]}, entries, "side 'gold'"),
    ):
        with pytest.raises(ValueError, match=problem):
            in_sides(entries_of, wrong)


def test_the_table_of_labels_says_who_wrote_each(tmp_path):
    lay_prepared(tmp_path / "prepared", 4)
    names = [entry["id"] for entry in read_prepared(tmp_path / "prepared")]
    (tmp_path / "labels.csv").write_text(f"id,label,label_source\n{names[1]},1,siim-radiologist\n")
    entries = read_prepared(tmp_path / "prepared", tmp_path / "labels.csv")
    packed = pack_prepared(entries, tmp_path / "data", 64)
    assert [row.label_source for row in packed.rows] == ["", "siim-radiologist", "", ""]
