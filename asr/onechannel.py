"""单声道: who says what where both parties share one channel, by voice and by words, each turn with a confidence.

Under BELIEVED a turn is doubted and makes no tags: a wrong speaker would make the advisor's offer the customer's wish.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from asr import roles, voices
from asr.transcriber import Segment, Turn
from asr.transcripts import UNKNOWN_SPEAKER
from asr.utterances import channel_turns, joined
from dongke.types import Speaker

if TYPE_CHECKING:
    from asr.transcriber import Samples

PAUSE_MS = 200  #: a change of speaker is looked for at every pause this long
BELIEVED = 0.8  #: measured by bench/voices.py; see docs/speech.md
MIXED_SURE = 0.5  #: a stretch that seems to hold both voices is at best this sure


def tell_apart(samples: "Samples", segments: Sequence[Segment]) -> tuple[tuple[Turn, ...], float]:
    """The turns of one channel with their speakers, and how sure it is that two people are told apart right, 0 … 1."""
    pieces = channel_turns(Speaker.ADVISOR, segments, PAUSE_MS)
    if not pieces:
        return (), 0.0
    heard = voices.part(samples, [(turn.start_ms or 0, turn.end_ms or 0) for turn in pieces])
    cast = roles.cast(heard.leans, heard.apart, [turn.text for turn in pieces])
    sure = [min(s, MIXED_SURE) if mixed else s for s, mixed in zip(cast.sure, heard.mixed, strict=True)]
    turns = [_cast(turn, who, s) for turn, who, s in zip(pieces, cast.speakers, sure, strict=True)]
    return tuple(joined(turns)), cast.whole


def _cast(turn: Turn, speaker: Speaker, sure: float) -> Turn:
    doubt = turn.doubt or (UNKNOWN_SPEAKER if sure < BELIEVED else None)
    return replace(turn, speaker=speaker, role_confidence=sure, doubt=doubt)
