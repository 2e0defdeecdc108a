"""Makes a 2 MB Whisper folder whose decoder says one scripted sentence whatever it hears: the real faster-whisper path,
deterministic, without any model from outside. Positions drive the output; it recognises nothing."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, INNER = 128, 128
TASKS = "<|translate|> <|transcribe|> <|startoflm|> <|startofprev|> <|nospeech|> <|notimestamps|>".split()


@dataclass(frozen=True)
class Shape:
    """What may differ between Whisper folders: features, tokenizer, layers, the heads that know when a word is said."""

    mels: int = 80
    words: int = 257  #: tokens before <|endoftext|>
    languages: tuple[str, ...] = ("en", "zh")
    layers: tuple[int, int] = (2, 2)  #: encoder, decoder
    heads: int = 2
    alignment: tuple[tuple[int, int], ...] = ((1, 0), (1, 1))


def turbo() -> Shape:
    """The shape of large-v3-turbo but for its width and the depth of its encoder: 128 features, 51866 tokens."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    heads = ((2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14))
    languages = ("en", "zh", *sorted(set(_LANGUAGE_CODES) - {"en", "zh"}))
    return Shape(128, 50257, languages, (2, 4), 16, heads)


def make(
    folder: Path,
    sentence: str,
    seconds: float = 4.0,
    *,
    hotwords: str = "",
    draws: bool = False,
    shape: Shape = Shape(),
) -> Path:
    """Writes the folder; the model says `sentence` from 0 to `seconds` of every window.

    `hotwords`: those that it will be given; it knows by the place where it is to begin, hence must know how many come
    before. With `draws` it never knows which letter of the sentence comes next: faster-whisper draws them at random.
    """
    from ctranslate2.specs import WhisperSpec

    folder.mkdir(parents=True)
    tokens = tokenizer(shape)
    size, ident = tokens.get_vocab_size(), tokens.token_to_id
    script = [ident("<|0.00|>"), *tokens.encode(sentence, add_special_tokens=False).ids]
    script += [ident(f"<|{seconds:.2f}|>"), ident("<|endoftext|>")]
    before = 1 + len(tokens.encode(" " + hotwords, add_special_tokens=False).ids) if hotwords else 0
    spec = WhisperSpec(shape.layers[0], shape.heads, shape.layers[1], shape.heads)
    _encoder(spec.encoder, shape.mels)
    _decoder(spec.decoder, size, script, 2 + before, draws=draws)
    spec.register_vocabulary([tokens.id_to_token(i) for i in range(size)])
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [ident("<|endoftext|>")]
    spec.config.lang_ids = [ident(f"<|{code}|>") for code in shape.languages]
    spec.config.alignment_heads = [list(head) for head in shape.alignment]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    tokens.save(str(folder / "tokenizer.json"))
    features = {"feature_size": shape.mels, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(features))
    return folder


def tokenizer(shape: Shape = Shape()) -> Any:
    """Bytes, words that nobody says, the special tokens, the times."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary[""] = len(vocabulary)  # by the empty token CTranslate2 knows a multilingual model
    vocabulary |= {f"word{i}": i for i in range(len(vocabulary), shape.words)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in shape.languages), *TASKS]
    made.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in special])
    stamps = [AddedToken(f"<|{i * 0.02:.2f}|>", special=False, normalized=False) for i in range(1501)]
    made.add_tokens(stamps)
    return made


def _noise(*shape: int) -> Any:
    return (np.random.default_rng(0).standard_normal(shape) * 0.02).astype(np.float32)


def _norm(layer: Any) -> None:
    layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)


def _linear(layer: Any, out: int, into: int, *, zero: bool = False) -> None:
    layer.weight = np.zeros((out, into), np.float32) if zero else _noise(out, into)
    layer.bias = np.zeros(out, np.float32)


def _attention(layer: Any, *, cross: bool, zero: bool) -> None:
    _norm(layer.layer_norm)
    widths = (WIDTH, 2 * WIDTH) if cross else (3 * WIDTH,)
    for part, width in zip(layer.linear, widths, strict=False):
        _linear(part, width, WIDTH)
    _linear(layer.linear[-1], WIDTH, WIDTH, zero=zero)


def _feed_forward(layer: Any, *, zero: bool) -> None:
    _norm(layer.layer_norm)
    _linear(layer.linear_0, INNER, WIDTH)
    _linear(layer.linear_1, WIDTH, INNER, zero=zero)


def _encoder(encoder: Any, mels: int) -> None:
    for conv, into in ((encoder.conv1, mels), (encoder.conv2, WIDTH)):
        conv.weight, conv.bias = _noise(WIDTH, into, 3), np.zeros(WIDTH, np.float32)
    encoder.position_encodings.encodings = _noise(1500, WIDTH)
    _norm(encoder.layer_norm)
    for layer in encoder.layer:
        _attention(layer.self_attention, cross=False, zero=False)
        _feed_forward(layer.ffn, zero=False)


def _decoder(decoder: Any, size: int, script: list[int], first: int, *, draws: bool) -> None:
    """No branch adds anything: the position alone decides the next token; `first` is that of the prompt's last."""
    codes = np.random.default_rng(0).standard_normal((size, WIDTH)).astype(np.float32)
    codes -= codes.mean(1, keepdims=True)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    positions = np.zeros((448, WIDTH), np.float32)
    last = first + len(script)
    positions[:first] = codes[:first]  # word times are asked for without the hotwords: nothing would be no place
    positions[first:last] = codes[script]
    positions[last:] = codes[script[-1]]
    if draws:
        letters = codes[script[1:-2]]
        positions[first + 1 : last - 2] = np.linalg.pinv(letters).sum(axis=1)  # each as likely as the others
    decoder.embeddings.weight = np.zeros((size, WIDTH), np.float32)
    decoder.projection.weight = codes * 6
    decoder.position_encodings.encodings = positions
    decoder.scale_embeddings = False
    _norm(decoder.layer_norm)
    for layer in decoder.layer:
        _attention(layer.self_attention, cross=False, zero=True)
        _attention(layer.attention, cross=True, zero=True)
        _feed_forward(layer.ffn, zero=True)
