"""读音: one private character per toneless syllable, so that words of the same sound become equal strings."""

from functools import cache

from nlp import vocabulary

_FIRST = 0xE000
_BLUR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))


def sound(text: str) -> str:
    """The text with every known character replaced by its syllable's sign; the length stays."""
    return text.translate(_table(False))


def blurred(text: str) -> str:
    """As `sound`, with zh/z, ch/c, sh/s, n/l and the endings -ng/-n made equal."""
    return text.translate(_table(True))


@cache
def _table(blur: bool) -> dict[int, str]:
    signs: dict[str, str] = {}
    table: dict[int, str] = {}
    for line in vocabulary.text("pinyin.txt").splitlines():
        if line.startswith("#"):
            continue
        syllable, letters = line.split()
        name = _blur(syllable) if blur else syllable
        sign = signs.setdefault(name, chr(_FIRST + len(signs)))
        table |= {ord(letter): sign for letter in letters}
    return table


def _blur(syllable: str) -> str:
    for sharp, soft in _BLUR:
        if syllable.startswith(sharp):
            syllable = soft + syllable[len(sharp) :]
            break
    return syllable.removesuffix("g") if syllable.endswith("ng") else syllable
