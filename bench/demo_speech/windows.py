"""Half-minute windows of telephone speech, with the time of every character: what the model learns from.

A window is what faster-whisper cuts out of a channel: sentences of one voice (or of two, on one channel), pauses, the
other party's faint echo, which is nobody's words, sometimes a ringing tone first, sometimes no speech at all.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.demo_speech import espeak, features, line, voices
from bench.demo_speech.spoken import MARKS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECONDS = 30
MEL_FRAMES, LABEL_FRAMES = 3000, 1500
PER_SECOND = LABEL_FRAMES // SECONDS  #: label frames
SPARE = 40  #: seconds that a last utterance may go on beyond the window

Say = Callable[[], str]


@dataclass(frozen=True)
class Spoken:
    """A sentence that is heard whole in the window: from and to in seconds, and each character's."""

    start: float
    end: float
    text: str
    times: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Window:
    mel: "NDArray[np.float16]"  #: (80, 3000), as faster-whisper normalises it
    labels: "NDArray[np.uint8]"  #: (1500, 3) initial, final, tone; 0 where nothing is said
    sentences: tuple[Spoken, ...]
    cut: float | None  #: where a sentence begins that the window's end cuts off


@dataclass
class Scene:
    """A window while it is filled."""

    chance: random.Random
    seconds: float
    rate: int
    samples: "NDArray[np.float32]"
    labels: "NDArray[np.uint8]"
    at: float = 0.0
    loudness: float = 1.0
    echo: float = 0.01
    sentences: list[Spoken] = field(default_factory=list)
    cut: float | None = None

    def add(self, sound: "NDArray[np.float32]", start: float, gain: float) -> float:
        """Mixes the sound in; returns its seconds."""
        first = int(start * self.rate)
        room = sound[: max(0, len(self.samples) - first)]
        self.samples[first : first + len(room)] += room * gain
        return len(sound) / self.rate

    def say(self, text: str, voice: voices.Voice, gain: float) -> bool:
        """An utterance that must be heard; False where espeak-ng could not say it."""
        said = voices.say(text, voice)
        if said is None:
            return False
        start = self.at
        self.at += self.add(said.samples, start, gain)
        for syllable in said.syllables:
            first, last = (round((start + t) * PER_SECOND) for t in (syllable.start, syllable.end))
            self.labels[first:last] = [int(part) for part in syllable.text.split(",")]
        for sentence in said.sentences():
            begins = start + sentence[0].start
            ends = start + next(c.end for c in reversed(sentence) if c.text not in MARKS)
            if ends > self.seconds - 0.02:
                self.cut = begins if begins < self.seconds - 0.1 else None
                return True
            times = tuple((round(start + c.start, 3), round(start + c.end, 3)) for c in sentence)
            self.sentences.append(Spoken(round(begins, 3), round(ends, 3), "".join(c.text for c in sentence), times))
        return True

    def overhear(self, text: str, voice: voices.Voice, start: float) -> float:
        """The other party's echo: nobody's words. Returns its seconds."""
        said = voices.say(text, voice)
        return self.add(said.samples, start, self.loudness * self.echo) if said else 0.0


def draw(say: Say, chance: random.Random) -> Window:
    """One window of the sentences that `say` gives."""
    import numpy as np

    rate = espeak.load().rate
    seconds = float(SECONDS) if chance.random() < 0.8 else chance.uniform(2.5, 28)
    samples = np.zeros((SECONDS + SPARE) * rate, np.float32)
    scene = Scene(chance, seconds, rate, samples, np.zeros((LABEL_FRAMES + SPARE * PER_SECOND, 3), np.uint8))
    scene.loudness, scene.echo = 10 ** (chance.uniform(-12, 1) / 20), 10 ** (chance.uniform(-40, -24) / 20)
    speechless = chance.random() < 0.04
    (_speechless if speechless else _talk)(scene, say)
    return _recorded(scene, speechless)


def _speechless(scene: Scene, say: Say) -> None:
    draw, seconds = scene.chance.random(), scene.chance.uniform(2, 29)
    if draw < 0.3:
        scene.add(line.ring(seconds, scene.rate, scene.chance), 0, 1)
    elif draw < 0.55:
        scene.add(line.music(seconds, scene.rate, scene.chance), scene.chance.uniform(0, 2), 1)
    elif draw < 0.8:
        voice, at = voices.Voice.draw(scene.chance), scene.chance.uniform(0, 5)
        while at < 24:
            at += scene.overhear(say(), voice, at) + scene.chance.uniform(0.3, 3)


def _talk(scene: Scene, say: Say) -> None:
    chance = scene.chance
    one, other = voices.Voice.draw(chance), voices.Voice.draw(chance)
    draw = chance.random()
    shared, sparse = draw < 0.12, 0.12 <= draw < 0.24
    gains = {one: scene.loudness, other: scene.loudness * 10 ** (chance.uniform(-5, 5) / 20)}
    scene.at = chance.choice((0, chance.uniform(0, 0.5), chance.uniform(0, 0.8), chance.uniform(0.3, 3)))
    if chance.random() < 0.05:
        sound = (line.ring if chance.random() < 0.7 else line.music)(chance.uniform(1, 6), scene.rate, chance)
        scene.at += scene.add(sound, scene.at, 1) + chance.uniform(0.1, 1)
    voice = one
    while scene.at < scene.seconds - 0.3 and scene.cut is None:
        if shared and chance.random() < 0.5:
            voice = other if voice is one else one
        text = "".join(say() for _ in range(chance.choice((1, 1, 1, 2, 2, 3))))
        if scene.say(text, voice, gains[voice]):
            scene.at += _echoed_pause(scene, say, other) if sparse else _pause(chance)


def _pause(chance: random.Random) -> float:
    return chance.choice((chance.uniform(0.05, 0.4), chance.uniform(0.3, 1.0), chance.uniform(0.6, 1.4)))


def _echoed_pause(scene: Scene, say: Say, other: voices.Voice) -> float:
    """A pause in which the other party is heard faintly."""
    chance = scene.chance
    pause = chance.uniform(0.2, 6)
    if chance.random() < 0.75 and pause > 1.2:
        return 0.2 + scene.overhear(say(), other, scene.at + 0.2) + chance.uniform(0.2, 0.8)
    return pause


def _recorded(scene: Scene, speechless: bool) -> Window:
    """Over the line, as features; zero after the end, as faster-whisper pads."""
    import numpy as np

    chance = scene.chance
    samples = scene.samples[: SECONDS * scene.rate]
    samples = samples + line.noise(len(samples), scene.rate, chance)
    wide = line.through(samples * chance.uniform(0.5, 0.9), scene.rate, chance)
    if chance.random() < 0.5:
        hiss = np.random.default_rng(chance.getrandbits(32)).normal(0, 10 ** chance.uniform(-5, -4), len(wide))
        wide = wide + hiss.astype(np.float32)
    mel = features.log_mel(wide)[:, :MEL_FRAMES]
    louder = chance.uniform(0.3, 2.3) if speechless else mel.max() + chance.choice((0, 0, chance.uniform(0, 0.8)))
    done = np.zeros((len(mel), MEL_FRAMES), np.float16)
    last, labels = round(scene.seconds * 100), scene.labels[:LABEL_FRAMES].copy()
    done[:, :last] = features.normalised(mel, louder)[:, :last]
    labels[round(scene.seconds * PER_SECOND) :] = 0
    return Window(done, labels, tuple(scene.sentences), scene.cut)
