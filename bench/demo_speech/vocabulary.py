"""The tokens: byte-level BPE whose merges spell one Chinese character each, and Whisper's special tokens.

An unknown character falls back to its bytes, as in any Whisper tokenizer.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SPECIAL = (
    "<|endoftext|> <|startoftranscript|> <|en|> <|zh|> <|translate|> <|transcribe|> <|startoflm|> <|startofprev|> "
    "<|nospeech|> <|notimestamps|>"
).split()
TIMES = 1501  #: <|0.00|> to <|30.00|> in steps of 0.02 s


@dataclass(frozen=True)
class Tokens:
    """Ids of what the lessons need."""

    end: int
    start: int
    chinese: int
    transcribe: int
    previous: int
    no_speech: int
    no_times: int
    first_time: int
    count: int
    of_character: dict[str, int]

    def at(self, seconds: float) -> int:
        """The time token, on a grid of 0.1 s: finer is not worth learning."""
        return self.first_time + min(TIMES - 1, max(0, round(seconds * 10) * 5))


def tokenizer(characters: Sequence[str]) -> Any:
    """A `tokenizers.Tokenizer`."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    names = _byte_names()
    spelled = ["".join(names[b] for b in c.encode()) for c in characters if len(c.encode()) == 3]
    starts = list(dict.fromkeys(s[:2] for s in spelled))
    # CTranslate2 takes a model for multilingual only if the empty string is a token
    vocabulary = {piece: i for i, piece in enumerate((*(names[b] for b in range(256)), "", *starts, *spelled))}
    merges = [(s[0], s[1]) for s in starts] + [(s[:2], s[2]) for s in spelled]
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    made.add_tokens([AddedToken(f"<|{i * 0.02:.2f}|>", special=False, normalized=False) for i in range(TIMES)])
    return made


def read(path: Path) -> Tokens:
    """The ids of a saved tokenizer.json."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(path))
    ids: dict[str, int] = made.get_vocab()
    inverse = {name: byte for byte, name in _byte_names().items()}
    characters = {}
    for piece, i in made.get_vocab(with_added_tokens=False).items():
        text = bytes(inverse[c] for c in piece).decode("utf-8", "ignore")
        if len(text) == 1 and len(text.encode()) == len(piece):
            characters[text] = i
    return Tokens(
        end=ids["<|endoftext|>"],
        start=ids["<|startoftranscript|>"],
        chinese=ids["<|zh|>"],
        transcribe=ids["<|transcribe|>"],
        previous=ids["<|startofprev|>"],
        no_speech=ids["<|nospeech|>"],
        no_times=ids["<|notimestamps|>"],
        first_time=ids["<|0.00|>"],
        count=made.get_vocab_size(),
        of_character=characters,
    )


def names(path: Path) -> list[str]:
    """All tokens of a tokenizer.json by their ids."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(path))
    ids: dict[str, int] = made.get_vocab()
    return sorted(ids, key=lambda name: ids[name])


def save(path: Path, characters: Sequence[str]) -> None:
    path.write_text(json.dumps(json.loads(tokenizer(characters).to_str()), ensure_ascii=False), encoding="utf-8")


@lru_cache(maxsize=1)
def _byte_names() -> dict[int, str]:
    """The printable stand-in of every byte, as GPT-2 chose them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(others)}
