"""A warm start: the weights of a CTranslate2 Whisper, as they are stored, for a network of the same width.

int8 weights are multiplied out again. Tokens are taken over by their spelling, so that the new vocabulary may
differ; layers beyond the old ones begin as doing nothing.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.demo_speech import vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.demo_speech.net import Net

TYPES = ("float32", "int8", "int16", "int32", "float16")  #: of CTranslate2, by number


@dataclass
class _File:
    data: bytes
    at: int = 0

    def take(self, shape: str) -> int:
        (value,) = struct.unpack_from("<" + shape, self.data, self.at)
        self.at += struct.calcsize("<" + shape)
        return int(value)

    def text(self) -> str:
        count = self.take("H")
        self.at += count
        return self.data[self.at - count : self.at - 1].decode()


def read(path: Path) -> "dict[str, NDArray[np.float32]]":
    """The variables of a model.bin by name, multiplied out to float32."""
    import numpy as np

    file = _File(path.read_bytes())
    file.take("I"), file.text(), file.take("I")  # version of the format, name and revision of the specification
    stored = dict(_variables(file))
    for _ in range(file.take("I")):  # aliases
        name, target = file.text(), file.text()
        stored[name] = stored[target]
    scales = {name: stored.pop(name) for name in list(stored) if name.endswith("_scale")}
    return {
        name: np.asarray(_multiplied(value, scales.get(f"{name}_scale")), np.float32) for name, value in stored.items()
    }


def _multiplied(value: "NDArray[Any]", scale: "NDArray[Any] | None") -> "NDArray[Any]":
    """int8 times its row's step; CTranslate2 keeps the inverse of the step."""
    return value if scale is None else value / scale.reshape(-1, *[1] * (value.ndim - 1))


def _variables(file: _File) -> "Iterator[tuple[str, NDArray[Any]]]":
    import numpy as np

    for _ in range(file.take("I")):
        name = file.text()
        shape = [file.take("I") for _ in range(file.take("B"))]
        kind, size = TYPES[file.take("B")], file.take("I")
        yield name, np.frombuffer(file.data, kind, size // np.dtype(kind).itemsize, file.at).reshape(shape)
        file.at += size


def names(net: "Net") -> dict[str, str]:
    """CTranslate2's name of each weight of the network that both have."""
    pairs = {"conv1": "encoder/conv1", "conv2": "encoder/conv2", "norm_encoder": "encoder/layer_norm"}
    pairs["norm_decoder"] = "decoder/layer_norm"
    for side, layers in (("encoder", net.encoder), ("decoder", net.decoder)):
        for i in range(len(layers)):
            pairs |= {f"{side}.{i}.{ours}": f"{side}/layer_{i}/{theirs}" for ours, theirs in _LAYER.items()}
    ends = {"weight": ("weight", "gamma"), "bias": ("bias", "beta")}
    found = {"text_places": "decoder/position_encodings/encodings", "tokens.weight": "decoder/embeddings/weight"}
    for name in net.state_dict():
        module, _, end = name.rpartition(".")
        if module in pairs:
            found[name] = f"{pairs[module]}/{ends[end][pairs[module].endswith('layer_norm')]}"
    return found


_LAYER = {
    "norm_self": "self_attention/layer_norm",
    "self_attention.both": "self_attention/linear_0",
    "self_attention.out": "self_attention/linear_1",
    "norm_cross": "attention/layer_norm",
    "cross.query": "attention/linear_0",
    "cross.memory": "attention/linear_1",
    "cross.out": "attention/linear_2",
    "norm_feed": "ffn/layer_norm",
    "feed": "ffn/linear_0",
    "feed_out": "ffn/linear_1",
}


def load(net: "Net", model: Path, tokenizer: Path) -> None:
    """Fills the network from the folder `model`; `tokenizer` is the new vocabulary."""
    import torch

    stored = read(model / "model.bin")
    state = net.state_dict()
    for ours, theirs in names(net).items():
        if theirs not in stored:  # a layer that the old model has not
            _do_nothing(state, ours)
        elif ours != "tokens.weight":
            state[ours].copy_(torch.from_numpy(stored[theirs].copy()))
    old = {name: i for i, name in enumerate(vocabulary.names(model / "tokenizer.json"))}
    embeddings = torch.from_numpy(stored["decoder/embeddings/weight"].copy())
    for i, name in enumerate(vocabulary.names(tokenizer)):
        if name in old:
            state["tokens.weight"][i] = embeddings[old[name]]


def _do_nothing(state: "dict[str, Tensor]", name: str) -> None:
    if name.rpartition(".")[0].endswith(("out", "feed_out")):
        state[name].zero_()
