"""键: every sequence and name seen as a number of 64 bits, so that a whole conversation is looked up at once.

A sequence's number comes from its characters and the group that it was seen in; equal for the same sequence always and
everywhere. Two of some hundred thousand sharing one number is as good as impossible.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nlp.learned.features import Passage, Seen

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
_STEP = np.uint64(0x9E3779B97F4A7C15)
_STIR = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)
LONGEST = 5


@lru_cache(maxsize=65536)
def of_name(group: str, name: str) -> int:
    """The key of something seen by name; also the salt of a group (with the name "")."""
    return int.from_bytes(hashlib.blake2b(f"{group}\n{name}".encode(), digest_size=8).digest(), "little")


def of_gram(group: str, gram: str) -> int:
    """The key of one sequence."""
    keys, _ = of_passages([Passage(group, gram, len(gram), len(gram))])
    return int(keys[0])


def gram_at(passages: Sequence[Passage], number: int) -> str:
    """The sequence whose key stands at that place in `of_passages`. Raises IndexError beyond the last."""
    for n in range(1, LONGEST + 1):
        for passage in passages:
            count = max(len(passage.text) - n + 1, 0) if passage.low <= n <= passage.high else 0
            if number < count:
                return passage.text[number : number + n]
            number -= count
    raise IndexError(number)


def of_passages(passages: Sequence[Passage]) -> tuple[Keys, Numbers]:
    """The keys of all sequences of the passages, and the number of the passage that each comes from."""
    lengths = np.array([len(p.text) for p in passages], dtype=np.int64)
    text = "".join(p.text for p in passages).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(text, dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(passages)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(codes))  # characters to the passage's end
    salts = np.array([of_name(p.group, "") for p in passages], dtype=np.uint64)
    low = np.array([p.low for p in passages], dtype=np.int64)[owner]
    high = np.array([p.high for p in passages], dtype=np.int64)[owner]
    salt = salts[owner]
    rolling = np.zeros(len(codes), dtype=np.uint64)
    keys, owners = [], []
    for n in range(1, LONGEST + 1):
        rolling = rolling[: len(codes) - n + 1]
        rolling = (rolling + codes[n - 1 :] + np.uint64(n)) * _STEP
        rolling ^= rolling >> _SHIFT
        size = len(rolling)
        fits = np.flatnonzero((left[:size] >= n) & (low[:size] <= n) & (high[:size] >= n))
        found = (rolling[fits] ^ salt[fits]) * _STIR
        keys.append(found ^ (found >> _SHIFT))
        owners.append(owner[fits])
    return np.concatenate(keys), np.concatenate(owners)


def of_seen(seen: Sequence[Seen]) -> tuple[Keys, Numbers]:
    """The keys of everything seen, and the number of the instance that saw it."""
    passages = [p for one in seen for p in one.passages]
    instance = np.repeat(np.arange(len(seen)), [len(one.passages) for one in seen])
    keys, owner = of_passages(passages)
    named = [(n, of_name(group, name)) for n, one in enumerate(seen) for group, names in one.names for name in names]
    more = np.array([key for _, key in named], dtype=np.uint64)
    where = np.array([n for n, _ in named], dtype=np.int64)
    return np.concatenate([keys, more]), np.concatenate([instance[owner], where])
