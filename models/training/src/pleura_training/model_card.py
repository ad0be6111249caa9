"""MODEL_CARD.md: what the bundle is, what it was measured to do, and where it fails."""

from __future__ import annotations

CAVEATS = """- One hospital (NIH Clinical Center), images of before 2017; no external validation.
- Patients of the silver images are unknown. Images that look alike were kept on one side and
  silver images that look like a gold image were used for nothing, but another image of a gold
  patient may still have been trained on: read the gold numbers as slightly optimistic.
- The silver hold-out is measured against labels and masks that a public ensemble predicted
  (about 0.85 Dice on the competition's private board). It measures agreement with that ensemble.
- Gold is small (33 / 33): mind the intervals, which draw whole patients."""

CURVE_COMMAND = (
    "python -m pleura_training.learning_curve --index … --split … "
    "--config models/training/configs/learning-curve.json --out …"
)

DATA = """- Images: SIIM-ACR Pneumothorax Segmentation (images of NIH ChestX-ray14): 898 read by the
  competition's radiologists (190 positive, each with a mask), 2,248 with silver labels and masks
  of the MIT-licensed ensemble jovenwayfarer/Pneumothorax (383 positive); 1,069 more NIH images,
  all negative but one, with labels of radiologists (RSNA, Google) or of reports. Credit: NIH
  Clinical Center (ChestX-ray14), SIIM-ACR, RSNA and Google (annotations).
- The encoder starts from ImageNet weights of EfficientNet-Lite (Apache-2.0).
- Terms: use is free, also commercial; the images may not be redistributed and are in no file of
  this bundle. Golden pictures are drawn from formulas.
- Split: `models/training/splits/joined-20261127.json`. Calibration, operating points and
  post-processing come from its validation side alone (480 images, 86 positive; 48 of these by
  radiologists). Gold (radiologists' labels and masks) and the silver hold-out are those of
  `silver-20261123.json`, test only."""

GOALS = {
    "classification": (("auc", "gold test", 0.95), ("auc", "silver hold-out", 0.92)),
    "segmentation": (("dice, positives only", "gold test", 0.60),),
}
"""(metric, set, value) that the bundle was meant to reach."""


def interval_text(entry: dict) -> str:
    low, high = entry["interval95"]
    return f"{entry['value']:.3f} ({low:.3f}–{high:.3f})"


def evaluation_table(entries: list[dict]) -> str:
    sets = list(dict.fromkeys(entry["set"] for entry in entries))
    cells = {(entry["metric"], entry["set"]): interval_text(entry) for entry in entries}
    counts = {entry["set"]: f"n={entry['n']}, {entry['positives']} positive" for entry in entries}
    lines = ["| metric | " + " | ".join(f"{name} ({counts[name]})" for name in sets) + " |"]
    lines.append("|---" * (len(sets) + 1) + "|")
    for metric in dict.fromkeys(entry["metric"] for entry in entries):
        row = [cells.get((metric, name), "–") for name in sets]
        lines.append(f"| {metric} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def goals_table(entries: list[dict], task: str) -> str:
    measured = {(entry["metric"], entry["set"]): entry for entry in entries}
    lines = ["| metric | set | goal | measured | |", "|---|---|---|---|---|"]
    for metric, name, goal in GOALS[task]:
        entry = measured[metric, name]
        verdict = "reached" if entry["value"] >= goal else "**missed**"
        lines.append(f"| {metric} | {name} | {goal} | {interval_text(entry)} | {verdict} |")
    return "\n".join(lines)


def subgroup_table(groups: dict[str, dict[str, dict]], columns: tuple[str, ...]) -> str:
    def cell(value: dict | int | None) -> str:
        if isinstance(value, dict):
            return interval_text(value)
        return "–" if value is None else str(value)

    lines = ["| set | group | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for name, members in groups.items():
        for group, row in members.items():
            cells = " | ".join(cell(row.get(column)) for column in columns)
            lines.append(f"| {name} | {group} | {cells} |")
    return "\n".join(lines)


def calibration_section(tables: dict[str, list[dict]]) -> str:
    lines = ["| set | n | mean probability | share of positives |", "|---|---|---|---|"]
    for name, rows in tables.items():
        for row in rows:
            share = interval_text({"value": row["shareOfPositives"]} | row)
            lines.append(f"| {name} | {row['n']} | {row['meanProbability']:.3f} | {share} |")
    return "\n".join(lines)


def learning_curve_section(curve: list[dict]) -> str:
    lines = ["| share | training images | AUC | Dice, positives only |", "|---|---|---|---|"]
    lines += [
        f"| {row['share']:.0%} | {row['images']} | {interval_text(row['auc'])} "
        f"| {interval_text(row['positive_dice'])} |"
        for row in curve
    ]
    return "\n".join(lines)


def build_model_card(bundle: dict, report: dict, curve: list[dict], failures: str) -> str:
    training = bundle["training"]
    classifies = bundle["task"] == "classification"
    columns = ("n", "positives", "auc", "sensitivity", "specificity")
    if not classifies:
        columns = ("n", "positives", "positiveDice")
    parts = [
        f"# {bundle['id']} {bundle['version']}",
        f"{bundle['intendedUse']}",
        f"Architecture: {bundle['architecture']}. Input {bundle['input']['rows']} × "
        f"{bundle['input']['columns']}, one channel. Licence: {bundle['licence']}.",
        f"Trained on {training['images']} images for {training['steps']} steps, seed "
        f"{training['seed']}, commit {training['commit']}. Stored weights differ from float32 "
        f"PyTorch by at most {training['maxAbsErrorHalfStorage']} (logits of the golden tensor).",
        "## Limits\n" + "\n".join(f"- {limit}" for limit in bundle["limits"]),
        "## Data\n" + DATA,
        "## Measured\nValue (bootstrap 95 % interval). Command: `"
        + bundle["evaluation"][0]["command"]
        + "`.\n\n"
        + evaluation_table(bundle["evaluation"]),
        "### Goals\n" + goals_table(bundle["evaluation"], bundle["task"]),
        "### Sub-groups\nAt the default operating point, with 95 % intervals; sex and age are "
        "unknown for most gold images. Mask terciles hold positives only, their AUC is against all "
        "negatives. Whether a drain is present is not recorded in the data.\n\n"
        + subgroup_table(report["subgroups"], columns),
    ]
    if classifies:
        points = "\n".join(
            f"- `{point['id']}`: threshold {point['threshold']} (sensitivity "
            f"{point['sensitivity']}, specificity {point['specificity']}; {point['measuredOn']})"
            for point in bundle["operatingPoints"]
        )
        silver = {k: v for k, v in report["calibration"].items() if k.startswith("silver")}
        parts.append("### Operating points (chosen on validation)\n" + points)
        parts.append(
            "### Calibration\nFifths of the hold-out by probability. The probability holds for the "
            "share of positives in the silver set (about 16 %), not for gold (50 %) nor for your "
            "hospital.\n\n![Mean probability against share of positives](calibration.png)\n\n"
            + calibration_section(silver)
        )
    else:
        parts.append(
            "### Post-processing (chosen on validation)\n"
            + "\n".join(f"- {name}: {value}" for name, value in bundle["postprocessing"].items())
        )
    if curve:
        parts.append(
            "### Learning curve\nA smaller network at a smaller side, the same number of steps for "
            f"each share ({curve[0]['steps']}), silver hold-out. Command: `{CURVE_COMMAND}`.\n\n"
            "![Quality against training images](learning-curve.png)\n\n"
            + learning_curve_section(curve)
        )
    parts += ["## Caveats\n" + CAVEATS, "## Failure cases\n" + failures.strip()]
    return "\n\n".join(parts) + "\n"
