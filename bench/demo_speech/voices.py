"""A sentence read out: its samples, and when each character and syllable is heard."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.demo_speech import espeak
from bench.demo_speech.spoken import MARKS, STOPS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

LETTERS = {
    **{
        "A": "ei1",
        "B": "bi4",
        "C": "xi1",
        "D": "di4",
        "E": "yi4",
        "F": "ai4 fu5",
        "G": "ji4",
        "H": "ei1 chi5",
        "I": "ai4",
    },
    **{"J": "zhei4", "K": "kei4", "L": "ai4 lou5", "M": "ai4 mu5", "N": "en1", "O": "ou1", "P": "pi4", "Q": "kou1"},
    **{
        "R": "a4 er5",
        "S": "ai4 si5",
        "T": "ti4",
        "U": "you1",
        "V": "wei1",
        "W": "da2 bu5",
        "X": "ai4 ke5",
        "Y": "wai4",
    },
    "Z": "zei4",
}
PAUSES = dict(zip(MARKS, ",,.?!", strict=True))
INITIALS = ("", *"b p m f d t n l g k h j q x zh ch sh r z c s y w".split())
FINALS = (
    "a o e i u v ai ei ui ao ou iu ie ue ve er an en in un vn ang eng ing ong ia iao ian iang iong ua uo uai uan uang"
).split()
LABELS = (len(INITIALS) + 1, len(FINALS) + 2, 6)  #: classes of initial, final and tone; 0 is nothing said
BLOCK = 220  #: samples; 10 ms at espeak-ng's 22,050 Hz
FAINT = 10 ** (-38 / 20)  #: a syllable ends where its voice is so much fainter than the sentence's loudest block
SHORTEST = 2000  #: samples
MEN = ("m1", "m2", "m3", "m4", "m6", "m7", "m8")
WOMEN = ("f1", "f2", "f3", "f5")
UNHEARD = ("m5", "f4")  #: never trained on


@dataclass(frozen=True)
class Voice:
    """One who speaks."""

    name: str
    speed: int
    pitch: int
    pitch_range: int = 50

    @classmethod
    def draw(cls, chance: random.Random) -> "Voice":
        name = chance.choice(MEN if chance.random() < 0.5 else WOMEN)
        return cls(name, chance.randint(140, 185), chance.randint(36, 62), chance.randint(42, 58))


@dataclass(frozen=True)
class Heard:
    """A character or a syllable: from and to in seconds."""

    start: float
    end: float
    text: str  #: the character, or initial, final and tone as "3,7,1"


@dataclass(frozen=True)
class Utterance:
    samples: "Samples"  #: at espeak-ng's rate
    characters: tuple[Heard, ...]
    syllables: tuple[Heard, ...]

    def sentences(self) -> list[tuple[Heard, ...]]:
        """The characters up to each stop."""
        found: list[list[Heard]] = [[]]
        for character in self.characters:
            found[-1].append(character)
            if character.text in STOPS:
                found.append([])
        return [tuple(part) for part in found if any(c.text not in MARKS for c in part)]


def say(text: str, voice: Voice) -> Utterance | None:
    """The text read out; None where its syllables cannot be told apart."""
    units = spell(text)
    spelled = " ".join(PAUSES.get(c, s) for c, s in units)
    engine = espeak.load()
    samples, starts = engine.say(spelled, voice.name, voice.speed, voice.pitch, voice.pitch_range)
    parts = [part for c, s in units if c not in MARKS for part in s.split()]
    if len(starts) != len(parts) or len(samples) < SHORTEST:
        return None
    times = _times(samples, starts, engine.rate)
    syllables = tuple(Heard(a, b, label(part)) for (a, b), part in zip(times, parts, strict=True))
    return Utterance(samples, _characters(units, times, len(samples) / engine.rate), syllables)


def spell(text: str) -> list[tuple[str, str]]:
    """Every character with its syllables (tone numbers, blanks between several); a mark with none."""
    from pypinyin import Style, lazy_pinyin

    units: list[tuple[str, str]] = []
    run = ""
    for c in text + "。":
        if "一" <= c <= "鿿":
            run += c
            continue
        units += zip(run, lazy_pinyin(run, style=Style.TONE3, neutral_tone_with_five=True), strict=True)
        units.append((c, LETTERS.get(c, "")))
        run = ""
    return units[:-1]


def label(syllable: str) -> str:
    """Initial, final and tone as class numbers: "zhong1" is "15,25,1"."""
    sound, tone = (syllable[:-1], syllable[-1]) if syllable[-1].isdigit() else (syllable, "5")
    initial = next(i for i in (sound[:2], sound[:1], "") if i in INITIALS)
    final = sound[len(initial) :]
    return f"{INITIALS.index(initial) + 1},{FINALS.index(final) + 1 if final in FINALS else len(FINALS) + 1},{tone}"


def _times(samples: "Samples", starts: list[int], rate: int) -> list[tuple[float, float]]:
    """From and to of each syllable: to where its voice fades, not to where the next begins."""
    import numpy as np

    count = len(samples) // BLOCK
    level = np.sqrt((samples[: count * BLOCK].reshape(count, BLOCK) ** 2).mean(1) + 1e-12)
    voiced = level > level.max() * FAINT
    times = []
    for start, end in zip(starts, [*starts[1:], len(samples)], strict=True):
        on = np.nonzero(voiced[start // BLOCK : min(count, end // BLOCK)])[0]
        fades = (start // BLOCK + int(on[-1]) + 1) * BLOCK if len(on) else end
        times.append((start / rate, min(end, fades) / rate))
    return times


def _characters(units: list[tuple[str, str]], times: list[tuple[float, float]], length: float) -> tuple[Heard, ...]:
    """A character is heard during its syllables, a mark from the one before it to the one after it."""
    found: list[Heard] = []
    at = 0
    for c, syllables in units:
        if c in MARKS:
            before = found[-1].end if found else 0.0
            after = times[at][0] if at < len(times) else length
            found.append(Heard(before, max(after, before + 0.02), c))
        else:
            many = len(syllables.split())
            found.append(Heard(times[at][0], times[at + many - 1][1], c))
            at += many
    return tuple(found)
