"""清洗: traditional characters, full width, capitals, blanks for commas, fillers, doubled fragments and homophones of
finance terms are put right; every clean character keeps its offset into the text as stored."""

import itertools
import re
from functools import cache
from typing import NamedTuple

from nlp import borders, homophones, vocabulary

_CJK = range(0x3400, 0xA000)
_PUNCTUATION = {
    ",": "，", "、": "，", " ": "，", "\u3000": "，", "\t": "，", "\n": "，", "\r": "，", "~": "，",
    "～": "，", "?": "？", "!": "！", ";": "；", "…": "，", ":": "：", "—": "，", "-": "-",
    "(": "（", ")": "）", "“": "「", "”": "」", '"': "「", "‘": "「", "’": "」",
}  # fmt: skip
_SOFT = frozenset("，。？！；")
_NUMERIC = re.compile(r"(?<=\d)，(?=\d{3}(?!\d))")
_POINT = re.compile(r"(?<!\d)\.|\.(?!\d)")
#: a fragment said twice in a row; digits and bare numerals are left alone (二零二零, 八八)
_DOUBLED = re.compile(r"([\u4e00-\u9fffA-Za-z]{2,8})，?(?=\1)")
_DIGITS_ONLY = re.compile(r"[零〇一二三四五六七八九十幺两\dA-Za-z]+")
_EMOJI_TAG = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,6}\]")


class Cleaned(NamedTuple):
    """Clean text and, per character, its offset in the text as stored."""

    text: str
    origin: tuple[int, ...]


def clean(raw: str) -> Cleaned:
    """The clean text of one utterance."""
    text = raw.translate(_table())
    text = _POINT.sub("。", text)
    kept = list(range(len(text)))
    text, kept = _drop(text, kept, _NUMERIC)
    text, kept = _drop(text, kept, _EMOJI_TAG)
    text, kept = _drop(text, kept, _fillers())
    text, kept = _undouble(text, kept)
    text, kept = _squeeze(text, kept)
    text, kept = _mend(text, kept)
    return Cleaned(homophones.repair(text), tuple(kept))


@cache
def _table() -> dict[int, str]:
    """One table for t2s, full width and punctuation: one character to one character, so offsets stay."""
    import opencc  # a C library, only needed to build the table

    letters = "".join(map(chr, _CJK))
    simple = opencc.OpenCC("t2s").convert("，".join(letters)).split("，")
    table = {ord(a): b for a, b in zip(letters, simple, strict=True) if a != b and len(b) == 1}
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B)}
    table |= {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    table |= {0xFF21 + n: chr(0x61 + n) for n in range(26)}
    table |= {ord(k): v for k, v in _PUNCTUATION.items()}
    table |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # halves of characters, which no library takes
    table |= {ord(k): v for k, v in vocabulary.load("variants").items()}
    return table


@cache
def _fillers() -> re.Pattern[str]:
    words = sorted(vocabulary.load("fillers")["drop"], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))


def _drop(text: str, kept: list[int], pattern: re.Pattern[str]) -> tuple[str, list[int]]:
    if not pattern.search(text):
        return text, kept
    out: list[str] = []
    places: list[int] = []
    last = 0
    for hit in pattern.finditer(text):
        out.append(text[last : hit.start()])
        places += kept[last : hit.start()]
        last = hit.end()
    return "".join([*out, text[last:]]), places + kept[last:]


def _undouble(text: str, kept: list[int]) -> tuple[str, list[int]]:
    for _ in range(3):
        hit = next((m for m in _DOUBLED.finditer(text) if not _DIGITS_ONLY.fullmatch(m[1])), None)
        if hit is None:
            break
        text = text[: hit.start()] + text[hit.end() :]
        kept = kept[: hit.start()] + kept[hit.end() :]
    return text, kept


def _mend(text: str, kept: list[int]) -> tuple[str, list[int]]:
    """Borders where no clause can end are dropped."""
    gone = borders.wrong(text)
    if not gone:
        return text, kept
    places = [n for n in range(len(text)) if n not in gone]
    return "".join(text[n] for n in places), [kept[n] for n in places]


def _squeeze(text: str, kept: list[int]) -> tuple[str, list[int]]:
    """Runs of borders become the strongest of them."""
    if not any(a in _SOFT and b in _SOFT for a, b in itertools.pairwise(text)):
        return text, kept
    out: list[str] = []
    places: list[int] = []
    for char, place in zip(text, kept, strict=True):
        if out and char in _SOFT and out[-1] in _SOFT:
            if out[-1] == "，":
                out[-1] = char
            continue
        out.append(char)
        places.append(place)
    return "".join(out), places
