"""转写: what a speech engine gives, as frozen values, and the protocol behind which the engine stands."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dongke.types import Speaker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]  #: one channel, 16 kHz, -1 … 1

SAMPLE_RATE = 16_000  #: Hz, what every engine is given
DEMO = "demo:"  #: how the source of all that the demo's model heard begins
DEMO_MODEL = "演示模型"  #: stands beside every word that it heard: it understands one synthetic voice only


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or one Chinese character, as the engine timed it. Milliseconds from the start of the recording."""

    text: str
    start_ms: int
    end_ms: int
    probability: float = 1.0

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "start_ms": self.start_ms, "end_ms": self.end_ms, "p": round(self.probability, 3)}


@dataclass(frozen=True, slots=True)
class Segment:
    """The engine's cut of one channel, with the figures by which it is judged."""

    text: str
    start_ms: int
    end_ms: int
    words: tuple[Word, ...] = ()
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Edit:
    """改动: what was written instead of what the engine gave. Offsets are those of the turn's text as it is now."""

    start: int
    end: int
    original: str  #: what stood there; empty where something was put in
    kind: str  #: simplified, number, term, mark

    def to_json(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "original": self.original, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Turn:
    """一句话 before it is stored: an utterance with its words and the reason why it is doubted, if it is.

    Where there are words, they put together are the text (leading and trailing blanks aside), through every edit.
    """

    speaker: Speaker
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    words: tuple[Word, ...] = ()
    doubt: str | None = None  #: Chinese; a doubted turn is shown grey and makes no tags
    edits: tuple[Edit, ...] = ()  #: in order of their offsets
    role_confidence: float | None = None  #: 0 … 1 that the speaker is right; None where the source or the channel tells

    def to_json(self) -> dict[str, Any]:
        return {
            "speaker": self.speaker.value,
            "text": self.text,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "words": [w.to_json() for w in self.words],
            "doubt": self.doubt,
            "edits": [e.to_json() for e in self.edits],
            "role_confidence": None if self.role_confidence is None else round(self.role_confidence, 3),
        }


@dataclass(frozen=True, slots=True)
class Transcript:
    """转写稿: all turns of a recording in order of time, where they come from, and what was noticed."""

    turns: tuple[Turn, ...]
    source: str  #: sidecar, demo:<model>, or the model's name and hash
    notes: tuple[str, ...] = ()  #: Chinese, for the recording as a whole
    role_confidence: float | None = None  #: of the recording: 0 … 1 that advisor and customer are told apart right

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "notes": list(self.notes),
            "role_confidence": None if self.role_confidence is None else round(self.role_confidence, 3),
            "turns": [t.to_json() for t in self.turns],
        }


class Transcriber(Protocol):
    """A speech engine. One per process; it may be slow and large."""

    @property
    def version(self) -> str:
        """Name and hash of the model: the same version gives the same text."""
        ...

    @property
    def source(self) -> str:
        """How transcripts are labelled: the version, with DEMO before it for the demo's model."""
        ...

    def segments(self, samples: "Samples") -> tuple[Segment, ...]:
        """All segments of one channel, in order. Raises DongkeError `speech-failed`."""
        ...
