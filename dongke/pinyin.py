"""读音: the syllable of a character, and one private sign per toneless syllable, so that words of the same sound become
equal strings. The table pinyin.txt holds one reading of each common character; it was made once, with pypinyin.
"""

from functools import cache
from pathlib import Path

_FIRST = 0xE000
_BLUR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))


def sound(text: str) -> str:
    """The text with every known character replaced by its syllable's sign; the length stays."""
    return text.translate(_table(False))


def blurred(text: str) -> str:
    """As `sound`, with zh/z, ch/c, sh/s, n/l and the endings -ng/-n made equal."""
    return text.translate(_table(True))


def syllable(character: str) -> str | None:
    """The toneless syllable of one character; None where the table does not know it."""
    return _syllables().get(character)


@cache
def _syllables() -> dict[str, str]:
    lines = (Path(__file__).parent / "pinyin.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {letter: name for name, letters in pairs for letter in letters}


@cache
def _table(blur: bool) -> dict[int, str]:
    signs: dict[str, str] = {}
    table: dict[int, str] = {}
    for letter, name in _syllables().items():
        sign = signs.setdefault(_blur(name) if blur else name, chr(_FIRST + len(signs)))
        table[ord(letter)] = sign
    return table


def _blur(name: str) -> str:
    for sharp, soft in _BLUR:
        if name.startswith(sharp):
            name = soft + name[len(sharp) :]
            break
    return name.removesuffix("g") if name.endswith("ng") else name
