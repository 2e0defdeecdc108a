"""The trained network as a CTranslate2 folder that faster-whisper loads as it is."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.demo_speech import start, vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.demo_speech.net import Net

SOUND = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
MARK = "DEMO_ONLY"  #: fences the model to the demo


def checkpoint(folder: Path, model: Path) -> None:
    """Writes the model of the last checkpoint in `folder`."""
    import torch

    from bench.demo_speech.net import Net, Shape

    saved = torch.load(folder / "checkpoint.pt")
    net = Net(Shape(**saved["shape"]))
    net.load_state_dict(saved["net"])
    save(net, folder / "tokenizer.json", model)


def save(net: "Net", tokenizer: Path, model: Path) -> None:
    """Weights in int8, the rest in float16; the tokens and the features' sizes beside them."""
    model.mkdir(parents=True, exist_ok=True)
    spec = _specification(net, vocabulary.names(tokenizer))
    spec.validate()
    spec.optimize(quantization="int8_float16")
    spec.save(str(model))
    shutil.copy(tokenizer, model / "tokenizer.json")
    (model / "preprocessor_config.json").write_text(json.dumps(SOUND) + "\n", encoding="utf-8")
    (model / MARK).touch()


def _specification(net: "Net", tokens: list[str]) -> Any:
    from ctranslate2.specs import WhisperSpec

    shape, state = net.shape, net.state_dict()
    spec = WhisperSpec(shape.encoder, shape.heads, shape.decoder, shape.heads)
    for ours, theirs in start.names(net).items():
        _put(spec, theirs, state[ours].numpy())
    _put(spec, "encoder/position_encodings/encodings", state["places"].numpy())
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    spec.decoder.scale_embeddings = False
    spec.register_vocabulary(tokens)
    ids = {token: i for i, token in enumerate(tokens)}
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [ids["<|endoftext|>"]]
    spec.config.lang_ids = [ids["<|en|>"], ids["<|zh|>"]]
    # the first layer was taught to look at the character before
    spec.config.alignment_heads = [[i, 0] for i in range(1, shape.decoder)]
    return spec


def _put(spec: Any, path: str, value: "NDArray[np.float32]") -> None:
    """Sets `encoder/layer_0/ffn/linear_0/weight` and the like."""
    *way, name = path.split("/")
    for step in way:
        kind, _, index = step.rpartition("_")
        if hasattr(spec, step):
            spec = getattr(spec, step)
        else:
            spec = getattr(spec, kind)[int(index)]
    setattr(spec, name, value.copy())
