"""The way of a user: phantoms, collect, train, finish, `pleura models add`, `pleura screen`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pleura_training import collect, finish, train
from pleura_training.dataset import load_collected

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "dist/lib/cli/main.js"
PLANS = {
    "chexnet-densenet121": """
name = "chexnet-densenet121"
options = { width = 0.125, dropout = 0.1 }
side = 64
batch = 8
epochs = 24
optimizer = "adam"
learning_rate = 1e-3
schedule = "cosine"
[loss]
bce = 1.0
class_weights = "inverse-frequency"
[augmentation]
flip = { probability = 0.5 }
""",
    "unetplusplus": """
name = "unetplusplus"
options = { level = 2, width = 0.25 }
side = 64
batch = 8
epochs = 12
optimizer = "adamw"
learning_rate = 5e-3
schedule = "cosine"
positive_share = 0.5
[loss]
bce = 1.0
dice = 1.0
[augmentation]
flip = { probability = 0.5 }
""",
}


def pleura(*words, codes=(0,)):
    node = shutil.which("node")
    assert node, "Node is needed: the product prepares what is trained on"
    assert PROGRAM.exists(), f"{PROGRAM} is not built: run npm ci"
    ended = subprocess.run([node, PROGRAM, *map(str, words)], capture_output=True, text=True)
    assert ended.returncode in codes, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantoms")
    pleura("phantom", "--count", 60, "--out", folder, "--seed", 5, "--size", 256)
    return folder


def test_from_phantoms_to_findings(phantoms, tmp_path):
    data, models = tmp_path / "data", tmp_path / "models"
    words = ["--siim", phantoms, "--out", data, "--side", 64, "--pleura", f"node {PROGRAM}"]
    collect.main([*map(str, words)])
    collected = load_collected(data)
    sides = {row.split for row in collected.rows}
    assert sides == {"train", "validation", "test"}
    patients = [{row.patient for row in collected.rows if row.split == side} for side in sides]
    assert len(set.union(*patients)) == sum(map(len, patients))
    assert all(row.has_mask == (row.label == 1) for row in collected.rows)
    written = (data / "index.json").stat().st_mtime_ns
    collect.main([*map(str, words)])
    assert (data / "index.json").stat().st_mtime_ns == written

    for name, plan in PLANS.items():
        (tmp_path / f"{name}.toml").write_text(plan)
        run = ["--data", str(data), "--out", str(tmp_path / "runs" / name)]
        train.main(
            ["--config", str(tmp_path / f"{name}.toml"), *run, "--device", "cpu", "--no-plot"]
        )
        words = ["--weights", tmp_path / "runs" / name / "weights.pt", "--data", data]
        words += ["--out", tmp_path / "bundles", "--classifier", "own-classifier"]
        finish.main([*map(str, words), "--segmenter", "own-segmenter"])
    bundles = [tmp_path / "bundles" / f"own-{role}" for role in ("classifier", "segmenter")]
    added = json.loads(pleura("models", "add", *bundles, "--use", "--models", models, "--json"))
    assert [each["isNew"] for each in added["added"]] == [True, True]

    out = tmp_path / "results"
    lines = pleura(
        "screen", phantoms / "dicom-images-train", "--models", models, "--out", out, "--json"
    ).splitlines()
    results = [json.loads(line) for line in lines]
    assert len(results) == 60
    assert {result["outcome"] for result in results} <= {"suspected", "not-suspected"}
    truth = {row.id: row.label for row in collected.rows}
    told = [(result["probability"], truth[Path(result["input"]).stem]) for result in results]
    ill, well = ([p for p, label in told if label == which] for which in (1, 0))
    # Seen mostly in training: that the way carries what was learned, not how good it is.
    assert sum(ill) / len(ill) > sum(well) / len(well) + 0.1


def test_collects_several_folders_as_one_by_a_split_file(phantoms, tmp_path):
    codes = (phantoms / "train-rle.csv").read_text().splitlines()
    files = sorted((phantoms / "dicom-images-train").rglob("*.dcm"))[:12]
    for number in (0, 1):
        folder = tmp_path / f"source-{number}"
        (folder / "images").mkdir(parents=True)
        chosen = files[6 * number : 6 * number + 6]
        for file in chosen:
            shutil.copy(file, folder / "images")
        names = [file.stem for file in chosen]
        mine = [line for line in codes[1:] if line.split(",")[0] in names]
        (folder / "train-rle.csv").write_text("\n".join([codes[0], *mine]) + "\n")
        ill = {line.split(",")[0] for line in mine if line.split(",")[1].strip() != "-1"}
        rows = [f"{name},{int(name in ill)},kind-{number}" for name in names]
        (folder / "index.csv").write_text("\n".join(["id,label,label_source", *rows]) + "\n")
    sides = {"train": [file.stem for file in files[:8]], "validation": [files[11].stem]}
    (tmp_path / "split.json").write_text(json.dumps({"sides": sides}))
    words = ["--folders", tmp_path / "source-0", tmp_path / "source-1", "--side", 64]
    words += ["--out", tmp_path / "data", "--split", tmp_path / "split.json"]
    collect.main([*map(str, words), "--pleura", f"node {PROGRAM}"])
    rows = load_collected(tmp_path / "data").rows
    assert {row.id: row.split for row in rows} == {
        name: side for side, ids in sides.items() for name in ids
    }
    kinds = {row.id: row.label_source for row in rows}
    assert [kinds[files[n].stem] for n in (0, 11)] == ["kind-0", "kind-1"]


def test_collect_says_what_is_missing(tmp_path, capsys):
    for words, message in (
        (["--siim", tmp_path], "competition's folder"),
        (["--folders", tmp_path], "holds all three"),
        (["--images", tmp_path, "--side", "4096"], "give 32"),
        (["--images", tmp_path, "--pleura", "no-such-program"], "is not there"),
        (
            ["--images", tmp_path, "--pleura", f"{sys.executable} -c 'raise SystemExit(1)'"],
            "with 1",
        ),
    ):
        with pytest.raises(SystemExit) as ended:
            collect.main([*map(str, words), "--out", str(tmp_path / "out")])
        assert ended.value.code == 2
        assert message in capsys.readouterr().err
        shutil.rmtree(tmp_path / "out", ignore_errors=True)


def test_other_data_do_not_mix(phantoms, tmp_path, capsys):
    (tmp_path / "made-of.txt").write_text("something else")
    with pytest.raises(SystemExit):
        collect.main(["--siim", str(phantoms), "--out", str(tmp_path)])
    assert "made of other data" in capsys.readouterr().err
