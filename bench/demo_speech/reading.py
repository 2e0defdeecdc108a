"""Reading without a sound: sentences for the decoder alone, whose ear is shut.

Two cores hear in an hour less talk than one person says in a week, too little to learn which words there are: 手机 was
written 收机. Read text costs an eighth of heard text, so the decoder reads several times what it hears.
"""

import random
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.demo_speech.corpus import Corpus
from bench.demo_speech.lessons import IGNORED
from bench.demo_speech.net import Net
from bench.demo_speech.vocabulary import Tokens

ENOUGH = 70  #: characters after which no sentence is added
PACE, PAUSES = 0.22, (0.1, 1.5)  #: seconds a character and between sentences: only their order matters


@dataclass(frozen=True)
class Page:
    """What is read: ids (batch, tokens), and the tokens that come next, IGNORED where text does not tell."""

    ids: Tensor
    targets: Tensor


def page(corpus: Corpus, tokens: Tokens, chance: random.Random, rows: int) -> Page:
    """As many sequences of sentences, padded to one length."""
    made = [_row(corpus, tokens, chance) for _ in range(rows)]
    length = (max(map(len, made)) - 1 + 7) // 8 * 8
    ids, targets = np.full((rows, length), tokens.end), np.full((rows, length), IGNORED)
    for row, written in enumerate(made):
        ids[row, : len(written) - 1] = written[:-1]
        # only who listens knows when, and whether somebody speaks on; the characters' ids come before such tokens
        targets[row, : len(written) - 1] = [IGNORED if token >= tokens.end else token for token in written[1:]]
    return Page(torch.from_numpy(ids), torch.from_numpy(targets))


def lost(net: Net, read: Page) -> Tensor:
    """Cross-entropy of the next character."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, _ = net.decode(read.ids, None)
        asked = read.targets != IGNORED
        scores = F.linear(found[asked], net.tokens.weight).float()
    return F.cross_entropy(scores, read.targets[asked])


def _row(corpus: Corpus, tokens: Tokens, chance: random.Random) -> list[int]:
    """As it is written where it is heard: with times around each sentence, or without any."""
    ids, timed, at = [tokens.start, tokens.chinese, tokens.transcribe], chance.random() < 0.7, chance.uniform(0, 2)
    if not timed:
        ids.append(tokens.no_times)
    while len(ids) < ENOUGH and at < 30:
        text = corpus.reading(chance)
        ids += [tokens.at(at)] if timed else []
        ids += [tokens.of_character[c] for c in text]
        at += PACE * len(text)
        ids += [tokens.at(at)] if timed else []
        at += chance.uniform(*PAUSES)
    return ids
