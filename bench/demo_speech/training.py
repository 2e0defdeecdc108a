"""The training: one process a core, whose gradients are averaged; resumable at every checkpoint.

A step is a function of the seed and its number (which windows, which crops), so a run that is stopped and taken up
again does the same work.
"""

import json
import math
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn

from bench.demo_speech import corpus, lessons, losses, reading, shards, start, vocabulary
from bench.demo_speech.net import Net, Shape
from bench.demo_speech.windows import Window
from dongke.errors import NotReady

POOL = 20  #: shards that are drawn from at a time
REPORT, SAVE = 10, 50  #: steps
SOUNDS = 1.0  #: weight of the frames' sounds: tones are what is misheard most
READING = 0.5  #: weight of the text that is read without a sound
PATIENCE, LONGEST_WAIT = 2.0, 3600.0  #: seconds between looks for a shard that is not yet made, and of all of them


@dataclass(frozen=True)
class Plan:
    """How long, how fast, and from what."""

    steps: int = 3500
    seed: int = 7
    workers: int = 2
    crops_first: int = 0  #: steps on crops alone: from nothing it needs about 1,500, from a warm start none
    cropped: tuple[float, float] = (0.75, 0.45)  #: share of steps on crops afterwards: first, and in the second half
    whole_batch: int = 8  #: windows a step, of all workers together
    crop_batch: int = 24
    crop_seconds: float = 10.0
    read_batch: int = 64  #: sequences of sentences a step that are read without a sound, of all workers together
    shards: int = 60  #: at most
    step_shards: float = 40.0  #: steps after which a new shard joins the pool
    matrix_rate: float = 3.5e-3  #: of Muon; 6e-3 undoes a warm start, and suits an untaught network
    other_rate: float = 7e-4  #: of AdamW
    warm_up: int = 40

    def rate(self, step: int) -> float:
        """Share of the full rates: soon all, then falling to nothing at the end."""
        return min((step + 1) / self.warm_up, max(0.01, 1 - step / self.steps))

    def crops(self, step: int) -> float:
        """Share of steps on crops: they teach the sounds fast; whole windows, as they come in a call, come later."""
        return 1.0 if step < self.crops_first else self.cropped[step >= self.steps / 2]

    def newest_shard(self, step: int) -> int:
        return min(self.shards - 1, 4 + int(step / self.step_shards))


def shard_count(plan: Plan) -> int:
    """How many shards the whole plan draws from."""
    return plan.newest_shard(plan.steps) + 1


class Trainer:
    """One worker's view of the training."""

    def __init__(self, folder: Path, plan: Plan, rank: int, warm: Path | None) -> None:
        self.folder, self.plan, self.rank = folder, plan, rank
        self.tokens = vocabulary.read(folder / "tokenizer.json")
        torch.manual_seed(plan.seed)
        self.net = Net(Shape(self.tokens.count, self.tokens.first_time))
        if warm is not None:
            start.load(self.net, warm, folder / "tokenizer.json")
        self.optimizers = optimizers(self.net, plan)
        self.step = 0
        self.read: dict[int, shards.Shard] = {}
        if (folder / "checkpoint.pt").is_file():
            self._take_up(torch.load(folder / "checkpoint.pt"))

    def _take_up(self, saved: dict[str, Any]) -> None:
        self.net.load_state_dict(saved["net"])
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.step = saved["step"]

    def save(self) -> None:
        """First beside, then in place: a checkpoint is never half written."""
        state = [o.state_dict() for o in self.optimizers]
        shape, draft = asdict(self.net.shape), self.folder / "checkpoint.part"
        torch.save({"net": self.net.state_dict(), "optimizers": state, "step": self.step, "shape": shape}, draft)
        draft.replace(self.folder / "checkpoint.pt")

    def teach(self) -> dict[str, float]:
        """One step; what was lost."""
        plan, common = self.plan, random.Random(f"{self.plan.seed}:{self.step}")
        crop = plan.crop_seconds if common.random() < plan.crops(self.step) else None
        own = random.Random(f"{plan.seed}:{self.step}:{self.rank}")
        many = (plan.whole_batch if crop is None else plan.crop_batch) // plan.workers
        windows = [self._window(own) for _ in range(many)]
        found = losses.of(self.net, lessons.batch(windows, self.tokens, own, lessons.Habits(crop)))
        looking = 0.4 if self.step < plan.steps / 2 else 0.2
        (found.text + looking * found.looking + SOUNDS * found.sounds).backward()
        page = reading.page(corpus.load(), self.tokens, own, plan.read_batch // plan.workers)
        read = reading.lost(self.net, page)
        (READING * read).backward()
        self._share_gradients()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for optimizer, full in zip(self.optimizers, (plan.matrix_rate, plan.other_rate), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = full * plan.rate(self.step)
            optimizer.step()
            optimizer.zero_grad(set_to_none=False)
        self.step += 1
        kinds = {"text": found.text, "looking": found.looking, "sounds": found.sounds, "read": read}
        return {"cropped": float(crop is not None), "wrong": found.wrong} | {k: v.item() for k, v in kinds.items()}

    def _window(self, chance: random.Random) -> Window:
        newest = self.plan.newest_shard(self.step)
        number = chance.randrange(max(0, newest - POOL + 1), newest + 1)
        if number not in self.read:
            self._wait_for(number)
            self.read[number] = shards.read(self.folder / "shards", number)
            for old in [n for n in self.read if n <= newest - POOL]:
                del self.read[old]
        return self.read[number].window(chance.randrange(len(self.read[number].talks)))

    def _wait_for(self, number: int) -> None:
        """Shards are made by processes beside this one."""
        began = time.monotonic()
        while not shards.is_made(self.folder / "shards", number):
            if time.monotonic() - began > LONGEST_WAIT:
                raise NotReady("demo-speech-shard", f"等不到第 {number} 批语音")
            time.sleep(PATIENCE)

    def _share_gradients(self) -> None:
        if self.plan.workers == 1:
            return
        grads: list[Tensor] = [p.grad for p in self.net.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in grads])
        distributed.all_reduce(flat)
        for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
            grad.copy_(part.view_as(grad) / self.plan.workers)


def optimizers(net: Net, plan: Plan) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers (far faster here), AdamW for the rest."""
    named = list(net.named_parameters())
    matrices = [p for name, p in named if p.ndim == 2 and name.startswith(("encoder.", "decoder."))]
    others = [p for name, p in named if p.ndim != 2 or not name.startswith(("encoder.", "decoder."))]
    muon = torch.optim.Muon(matrices, lr=plan.matrix_rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(others, lr=plan.other_rate, betas=(0.9, 0.98), weight_decay=0.0)]


def work(rank: int, folder: Path, plan: Plan, warm: Path | None) -> None:
    """A worker from the last checkpoint to the end of the plan."""
    torch.set_num_threads(1)
    if plan.workers > 1:
        meeting = (folder / "meeting").resolve().as_uri()
        distributed.init_process_group("gloo", meeting, rank=rank, world_size=plan.workers)
    trainer, began, seen = Trainer(folder, plan, rank, warm), time.time(), list[dict[str, float]]()
    while trainer.step < plan.steps:
        seen.append(trainer.teach())
        if trainer.step % REPORT == 0 and rank == 0:
            _report(folder, trainer.step, seen, time.time() - began)
            seen.clear()
        if (trainer.step % SAVE == 0 or trainer.step == plan.steps) and rank == 0:
            trainer.save()
    if plan.workers > 1:
        distributed.destroy_process_group()


def _report(folder: Path, step: int, seen: list[dict[str, float]], seconds: float) -> None:
    row: dict[str, float] = {"step": step, "minutes": round(seconds / 60, 1)}
    for cropped, mark in ((0.0, ""), (1.0, "_crop")):
        rows = [r for r in seen if r["cropped"] == cropped]
        for name in ("text", "wrong", "looking", "sounds", "read") if rows else ():
            row[name + mark] = round(math.fsum(r[name] for r in rows) / len(rows), 3)
    with (folder / "training.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(row) + "\n")


def run(folder: Path, plan: Plan, warm: Path | None) -> None:
    """All workers of this machine."""
    (folder / "meeting").unlink(missing_ok=True)  # of a run that was stopped
    if plan.workers == 1:
        work(0, folder, plan, warm)
    else:
        torch.multiprocessing.spawn(work, (folder, plan, warm), plan.workers, daemon=True)
