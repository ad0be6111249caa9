"""Command: train all that lies behind the encoder of a joint network on, the encoder as it is.

For what is missing in what the heads make of a picture, not in what the encoder sees of it: a tenth
of the work of training all, so that a CPU will do. The weights it starts from teach what they know
already, but for the plan's `untaught` label sources.
"""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from .architectures.joint import JointNetwork
from .averaging import AveragedNetwork
from .dataset import load_collected
from .judge import judge
from .objectives import Taught, build_objective
from .onnx_export import export_onnx
from .pages import Pages
from .plan import read_plan
from .prediction import as_input
from .progress import progress
from .run_record import current_commit, file_digest, save_checkpoint
from .train import rate_at
from .trained import load_trained, save_trained

SAVE_EVERY = 10
"""Steps between two checkpoints."""


class Encoder(nn.Module):
    outputs = ("quarter", "eighth", "sixteenth", "last")

    def __init__(self, network: JointNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.network.encoder(image))


class Levels:
    """What the encoder sees, by onnxruntime."""

    def __init__(self, network: JointNetwork, side: int) -> None:
        model = export_onnx(Encoder(copy.deepcopy(network)), side, half=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.network = network

    def of(self, images: Tensor) -> list[Tensor]:
        """One image after the other: a batch's would not fit a cache."""
        found = [
            self.session.run(None, {"image": np.ascontiguousarray(each[None].numpy())})
            for each in as_input(images, self.network).contiguous()
        ]
        return [
            torch.from_numpy(np.concatenate(level)).contiguous(memory_format=torch.channels_last)
            for level in zip(*found, strict=True)
        ]


def fine_heads(config: Path, data: Path, weights: Path, out: Path, steps: int) -> dict[str, float]:
    """Trains for a number of steps, from where an earlier call was cut short; what the averaged
    weights are worth on validation.

    Raises ValueError when the weights are of no joint network, or of another one than the plan's.
    """
    collected = load_collected(data)
    plan = read_plan(config)
    trained = load_trained(weights)
    network = trained.network
    if not isinstance(network, JointNetwork) or plan.options != trained.plan.options:
        raise ValueError(f"{weights} is of {trained.plan.name}, not of the plan's {plan.options}")
    torch.manual_seed(plan.seed)
    teacher = copy.deepcopy(network)
    levels = Levels(teacher, plan.side)
    _, heads = network.parameter_groups()
    for parameter in heads:
        parameter.requires_grad_(True)
    pages = Pages(collected, network, plan, "cpu")
    objective = build_objective(plan.loss, "joint")
    optimizer = torch.optim.AdamW(heads, weight_decay=plan.weight_decay)
    averaged = AveragedNetwork(network, plan.average_decay)
    asked = {"weights": file_digest(weights), "data": collected.digest, "steps": steps}
    asked |= {"plan": json.loads(json.dumps(asdict(plan)))}
    held, done, sums = out.with_suffix(".checkpoint.pt"), 0, {}
    if held.exists():
        state = torch.load(held, weights_only=True)
        if state["asked"] != asked:
            raise ValueError(f"{held} is of another run: give another --out, or delete it")
        network.load_state_dict(state["network"])
        averaged.network.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        averaged.updates = done = state["done"]
        print(f"goes on after step {done}", flush=True)
    for step in progress(range(done, steps), "steps"):
        batch = pages.batch(step)
        seen = levels.of(batch["images"])
        with torch.no_grad():
            logits, _, air = teacher.answer(*seen)
            taught = Taught(logits.sigmoid(), air.sigmoid(), plan.teacher_share)
        network.train()
        losses = objective(network.answer(*seen), batch, taught)
        rate = (plan.head_rate or plan.learning_rate) * rate_at(plan, step / steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        losses["total"].backward()
        torch.nn.utils.clip_grad_norm_(heads, plan.gradient_norm)
        optimizer.step()
        averaged.update(network)
        for name, part in losses.items():
            sums[name] = sums.get(name, 0.0) + part.item() / SAVE_EVERY
        if (step + 1) % SAVE_EVERY == 0:
            means = {name: round(total, 4) for name, total in sums.items()}
            print(json.dumps({"step": step + 1} | means), flush=True)
            state = {"asked": asked, "done": step + 1, "random": torch.get_rng_state()}
            state |= {"network": network.state_dict(), "averaged": averaged.network.state_dict()}
            save_checkpoint(held, state | {"optimizer": optimizer.state_dict()})
            sums = {}
    # The encoder's norms have seen nothing either.
    best = averaged.network
    best.encoder.load_state_dict(teacher.encoder.state_dict())
    record = trained.record | {
        "heads": asked | {"commit": current_commit(), "images": len(pages.labels)}
    }
    save_trained(out, best.state_dict(), trained.plan, trained.step, record)
    gauges = judge(best, collected, plan.side, plan.batch)
    held.unlink(missing_ok=True)
    return gauges


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="configs/joint/*.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder made by `draw_collapse`")
    parser.add_argument("--weights", type=Path, required=True, help="weights.pt of a joint network")
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.pt)")
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args(words)
    try:
        gauges = fine_heads(
            arguments.config, arguments.data, arguments.weights, arguments.out, arguments.steps
        )
    except (ValueError, FileNotFoundError) as error:
        parser.exit(1, f"{error}\n")
    print(json.dumps({name: round(value, 4) for name, value in gauges.items()}))


if __name__ == "__main__":
    main()
