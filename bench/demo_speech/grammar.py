"""Invented talk from templates: `text/sentences.txt` over the slots of `text/slots.txt` and of `amounts`.

`{name}` is a slot, `[a|b|]` a choice; both nest.
"""

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bench.demo_speech import amounts
from bench.demo_speech.spoken import STOPS

TEXT = Path(__file__).parent / "text"
OPENERS = tuple(
    f"{opener}，"
    for opener in (
        "嗯|那个|就是|对了|其实|不过|另外|然后|所以|反正|说实话|这样|哦|哎|那|行|还有|主要是|怎么说呢|我跟你说|您看|哎呀|对|"
        "不是|你听我说|这么说吧"
    ).split("|")
)
FILLERS = ("嗯，", "那个，", "就是，", "啊，", "呃，", "这个，")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
DEEPEST = 200


@dataclass(frozen=True)
class Grammar:
    """Templates and the values of their slots."""

    templates: tuple[str, ...]
    slots: dict[str, tuple[str, ...]]
    words: tuple[str, ...]  #: for the slot `word`

    def sentence(self, chance: random.Random) -> str:
        """One sentence with its stop."""
        said = self.expand(chance.choice(self.templates), chance)
        if chance.random() < 0.18:
            said = chance.choice(OPENERS) + said
        if chance.random() < 0.06:
            said = said.replace("，", "，" + chance.choice(FILLERS), 1)
        return _tidy(said)

    def expand(self, template: str, chance: random.Random) -> str:
        """The template with every choice and slot filled in, innermost first."""
        text = template
        for _ in range(DEEPEST):
            if found := _CHOICE.search(text):
                value = chance.choice(found[1].split("|"))
            elif found := _SLOT.search(text):
                value = self._slot(found[1], chance)
            else:
                return text
            text = text[: found.start()] + value + text[found.end() :]
        raise ValueError(f"template never ends: {template}")

    def _slot(self, name: str, chance: random.Random) -> str:
        if name == "word":
            return chance.choice(self.words)
        made = amounts.MADE.get(name)
        return made(chance) if made else chance.choice(self.slots[name])


@lru_cache(maxsize=1)
def load(words: tuple[str, ...] = ("东西",)) -> Grammar:
    """The grammar of the folder `text`; `words` are ordinary words."""
    rows = (line.partition(": ") for line in (TEXT / "slots.txt").read_text(encoding="utf-8").splitlines())
    slots = {name: tuple(values.split("|")) for name, _, values in rows}
    lines = (TEXT / "sentences.txt").read_text(encoding="utf-8").splitlines()
    return Grammar(tuple(line for line in lines if line.strip()), slots, words)


def _tidy(text: str) -> str:
    text = re.sub("，+", "，", text)
    text = re.sub(f"，([{STOPS}])", r"\1", text)
    text = re.sub(f"([{STOPS}])[，{STOPS}]+", r"\1", text).lstrip("，" + STOPS)
    return text if text[-1] in STOPS else text + "。"
