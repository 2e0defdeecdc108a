"""A Whisper in torch, its layers as CTranslate2 stores them (queries, keys and values in one matrix)."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.demo_speech.voices import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

POSITIONS, LONGEST_TEXT, MEL = 1500, 448, 80


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. The defaults weigh 6 MB in int8."""

    tokens: int
    first_time: int
    width: int = 192
    heads: int = 3
    encoder: int = 4
    decoder: int = 4


def sinusoids(count: int, width: int) -> Tensor:
    """Whisper's fixed positions."""
    scale = torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(count)[:, None] * scale[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


def split(x: Tensor, heads: int) -> Tensor:
    """(batch, time, width) as (batch, heads, time, width of a head)."""
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


class Attention(nn.Module):
    """Over itself, or over what `memory` gives."""

    def __init__(self, width: int, heads: int, *, crossed: bool) -> None:
        super().__init__()
        self.heads, self.crossed = heads, crossed
        if crossed:
            self.query, self.memory = nn.Linear(width, width), nn.Linear(width, 2 * width)
        else:
            self.both = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor | None, *, causal: bool) -> tuple[Tensor, Tensor | None]:
        """The result, and for a crossed one the log of the first head's attention."""
        if memory is None:
            query, key, value = (split(z, self.heads) for z in self.both(x).chunk(3, -1))
        else:
            query = split(self.query(x), self.heads)
            key, value = (split(z, self.heads) for z in self.memory(memory).chunk(2, -1))
        found = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
        looked = None
        if memory is not None:
            scores = (query[:, 0] @ key[:, 0].transpose(1, 2)).float() / math.sqrt(query.shape[-1])
            looked = scores.log_softmax(-1)
        return self.out(found.transpose(1, 2).flatten(2)), looked


class Layer(nn.Module):
    def __init__(self, shape: Shape, *, decoder: bool) -> None:
        super().__init__()
        width = shape.width
        self.decoder = decoder
        self.norm_self, self.self_attention = nn.LayerNorm(width), Attention(width, shape.heads, crossed=False)
        if decoder:
            self.norm_cross, self.cross = nn.LayerNorm(width), Attention(width, shape.heads, crossed=True)
        self.norm_feed, self.feed, self.feed_out = (
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.Linear(4 * width, width),
        )

    def forward(self, x: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        x = x + self.self_attention(self.norm_self(x), None, causal=self.decoder)[0]
        looked = None
        if self.decoder and memory is not None:
            seen, looked = self.cross(self.norm_cross(x), memory, causal=False)
            x = x + seen
        return x + self.feed_out(F.gelu(self.feed(self.norm_feed(x)))), looked


class Net(nn.Module):
    """The model, and a head of initials, finals and tones on its encoder: it helps to listen and is not exported."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, width = shape, shape.width
        self.conv1, self.conv2 = nn.Conv1d(MEL, width, 3, padding=1), nn.Conv1d(width, width, 3, 2, 1)
        self.register_buffer("places", sinusoids(POSITIONS, width))
        self.encoder = nn.ModuleList(Layer(shape, decoder=False) for _ in range(shape.encoder))
        self.norm_encoder = nn.LayerNorm(width)
        self.tokens = nn.Embedding(shape.tokens, width)
        self.text_places = nn.Parameter(torch.randn(LONGEST_TEXT, width) * 0.01)
        self.decoder = nn.ModuleList(Layer(shape, decoder=True) for _ in range(shape.decoder))
        self.norm_decoder = nn.LayerNorm(width)
        self.syllables = nn.Linear(width, sum(LABELS))
        self._begin()

    def _begin(self) -> None:
        """Time tokens start as the places they mean; what a layer adds starts small."""
        nn.init.normal_(self.tokens.weight, std=0.04)
        first, places = self.shape.first_time, self.get_buffer("places")
        self.tokens.weight.data[first : first + POSITIONS + 1] = 0.05 * torch.cat([places, places[-1:]])
        for name, value in self.named_parameters():
            if name.endswith(("out.weight", "feed_out.weight")):
                value.data.mul_(0.5)

    def encode(self, mel: Tensor, offsets: "Sequence[int] | None" = None) -> Tensor:
        """(batch, 80, frames) to (batch, frames / 2, width); an offset moves an example to a later place."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        places, count = self.get_buffer("places"), x.shape[1]
        moved = places[:count] if offsets is None else torch.stack([places[o : o + count] for o in offsets])
        x = x + moved.to(x.dtype)
        for layer in self.encoder:
            x, _ = layer(x)
        return torch.as_tensor(self.norm_encoder(x))

    def decode(self, ids: Tensor, memory: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        """What stands for each next token, and each layer's log attention (batch, tokens, frames). Without a memory it
        only reads."""
        x = self.tokens(ids) + self.text_places[: ids.shape[1]]
        x = x if memory is None else x.to(memory.dtype)
        looked = []
        for layer in self.decoder:
            x, seen = layer(x, memory)
            looked += [] if seen is None else [seen]
        return self.norm_decoder(x), looked
