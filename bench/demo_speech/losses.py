"""What a batch teaches: the text, where to look while writing it, and the sounds themselves."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.demo_speech.lessons import IGNORED, Batch
from bench.demo_speech.net import Net
from bench.demo_speech.voices import LABELS
from bench.demo_speech.windows import PER_SECOND


@dataclass(frozen=True)
class Losses:
    text: Tensor  #: cross-entropy of the next token
    looking: Tensor  #: minus the log of the attention that lies where the token is heard
    sounds: Tensor  #: cross-entropy of initial, final and tone by frames
    wrong: float  #: share of next tokens that are not the likeliest


def of(net: Net, batch: Batch, *, deaf: bool = False) -> Losses:
    """Of one batch; a deaf encoder is heard but not taught (three times as fast)."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with torch.set_grad_enabled(torch.is_grad_enabled() and not deaf):
            memory = net.encode(batch.mel, batch.offsets)
        sounds = net.syllables(memory).float()
        found, looked = net.decode(batch.ids, memory)
        asked = batch.targets != IGNORED
        scores = F.linear(found[asked], net.tokens.weight).float()
    targets = batch.targets[asked]
    wrong = (scores.argmax(1) != targets).float().mean().item()
    return Losses(F.cross_entropy(scores, targets), _looking(looked, batch), _sounds(sounds, batch.labels), wrong)


def _looking(looked: list[Tensor], batch: Batch) -> Tensor:
    """The first layer looks at the character that it is given, the others at the one to be written."""
    parts = []
    for i, attention in enumerate(looked):
        heard = batch.next_heard if i else batch.heard
        at = heard[..., 1] > 0
        span = heard[at] * PER_SECOND
        frames = torch.arange(attention.shape[-1])[None]
        inside = (frames + 1 > span[:, :1]) & (frames < span[:, 1:])
        mass = (attention[at].exp() * inside).sum(1)
        parts.append(-(mass + 1e-4).log().mean())
    return torch.stack(parts).mean()


def _sounds(scores: Tensor, labels: Tensor) -> Tensor:
    parts = scores.split(list(LABELS), -1)
    return torch.stack([F.cross_entropy(p.flatten(0, 1), labels[..., i].flatten()) for i, p in enumerate(parts)]).mean()
