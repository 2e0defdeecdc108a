"""转写: what a speech engine gives, as frozen values, and the protocol behind which the engine stands."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dongke.types import Speaker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]  #: one channel, 16 kHz, -1 … 1

SAMPLE_RATE = 16_000  #: Hz, what every engine is given


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
class Turn:
    """一句话 before it is stored: an utterance with its words and the reason why it is doubted, if it is."""

    speaker: Speaker
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    words: tuple[Word, ...] = ()
    doubt: str | None = None  #: Chinese; a doubted turn is shown grey and makes no tags

    def to_json(self) -> dict[str, Any]:
        return {
            "speaker": self.speaker.value,
            "text": self.text,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "words": [w.to_json() for w in self.words],
            "doubt": self.doubt,
        }


@dataclass(frozen=True, slots=True)
class Transcript:
    """转写稿: all turns of a recording in order of time, where they come from, and what was noticed."""

    turns: tuple[Turn, ...]
    source: str  #: sidecar, demo:<model>, or the model's name and hash
    notes: tuple[str, ...] = ()  #: Chinese, for the recording as a whole

    def to_json(self) -> dict[str, Any]:
        return {"source": self.source, "notes": list(self.notes), "turns": [t.to_json() for t in self.turns]}


class Transcriber(Protocol):
    """A speech engine. One per process; it may be slow and large."""

    @property
    def version(self) -> str:
        """Name and hash of the model: the same version gives the same text."""
        ...

    @property
    def source(self) -> str:
        """How transcripts are labelled: the version, with `demo:` before it for the demo model."""
        ...

    def segments(self, samples: "Samples") -> tuple[Segment, ...]:
        """All segments of one channel, in order. Raises DongkeError `speech-failed`."""
        ...
