"""Makes a 2 MB Whisper folder whose decoder says one scripted sentence whatever it hears: the real faster-whisper path,
deterministic, without any model from outside. Positions drive the output; it recognises nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, LAYERS, HEADS, INNER = 128, 2, 2, 128
SPECIAL = (
    "<|endoftext|> <|startoftranscript|> <|en|> <|zh|> <|translate|> <|transcribe|> <|startoflm|> <|startofprev|> "
    "<|nospeech|> <|notimestamps|>"
).split()


def make(folder: Path, sentence: str, seconds: float = 4.0) -> Path:
    """Writes the folder; the model says `sentence` from 0 to `seconds` of every window."""
    from ctranslate2.specs import WhisperSpec

    folder.mkdir(parents=True)
    tokenizer = _tokenizer()
    size = tokenizer.get_vocab_size()
    script = [tokenizer.token_to_id("<|0.00|>")]
    script += tokenizer.encode(sentence, add_special_tokens=False).ids
    script += [tokenizer.token_to_id(f"<|{seconds:.2f}|>"), tokenizer.token_to_id("<|endoftext|>")]
    spec = WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    _encoder(spec.encoder)
    _decoder(spec.decoder, size, script)
    spec.register_vocabulary([tokenizer.id_to_token(i) for i in range(size)])
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokenizer.token_to_id("<|endoftext|>")]
    spec.config.lang_ids = [tokenizer.token_to_id(s) for s in ("<|en|>", "<|zh|>")]
    spec.config.alignment_heads = [[1, 0], [1, 1]]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    features = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(features))
    return folder


def _tokenizer() -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary[""] = len(vocabulary)  # by the empty token CTranslate2 knows a multilingual model
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    stamps = [AddedToken(f"<|{i * 0.02:.2f}|>", special=False, normalized=False) for i in range(1501)]
    tokenizer.add_tokens(stamps)
    return tokenizer


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


def _encoder(encoder: Any) -> None:
    for conv, into in ((encoder.conv1, 80), (encoder.conv2, WIDTH)):
        conv.weight, conv.bias = _noise(WIDTH, into, 3), np.zeros(WIDTH, np.float32)
    encoder.position_encodings.encodings = _noise(1500, WIDTH)
    _norm(encoder.layer_norm)
    for layer in encoder.layer:
        _attention(layer.self_attention, cross=False, zero=False)
        _feed_forward(layer.ffn, zero=False)


def _decoder(decoder: Any, size: int, script: list[int]) -> None:
    """No branch adds anything: the position alone, after the prompt of three tokens, decides the next token."""
    codes = np.random.default_rng(0).standard_normal((size, WIDTH)).astype(np.float32)
    codes -= codes.mean(1, keepdims=True)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    positions = np.zeros((448, WIDTH), np.float32)
    positions[2 : 2 + len(script)] = codes[script]
    positions[2 + len(script) :] = codes[script[-1]]
    decoder.embeddings.weight = np.zeros((size, WIDTH), np.float32)
    decoder.projection.weight = codes * 6
    decoder.position_encodings.encodings = positions
    decoder.scale_embeddings = False
    _norm(decoder.layer_norm)
    for layer in decoder.layer:
        _attention(layer.self_attention, cross=False, zero=True)
        _attention(layer.attention, cross=True, zero=True)
        _feed_forward(layer.ffn, zero=True)
