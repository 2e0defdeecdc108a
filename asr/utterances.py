"""话轮: from the segments of each channel to one list of turns by time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from asr import cleanup, guard
from asr.transcriber import Segment, Turn, Word
from dongke.types import Speaker, Utterance

PAUSE_MS = 800  #: a pause this long inside a segment ends the turn
NO_TIME_MS = 100  #: nobody says a word in less
MAX_TURN_MS = 30_000  #: neighbouring pieces are joined up to this length
_ENDS = tuple("。！？!?")
#: short words that are an answer by themselves
_ANSWER = re.compile(
    "[对嗯是好行有没不哦噢喂啊成要会能懂]{1,2}|可以|没有|不是|不要|不用|明白|知道|当然|谢谢|再见|已经|还没|差不"
)
_NEVER_FIRST = ("的", "了", "吗", "呢")  #: nobody begins to speak with these: 好|的


def merge(channels: Iterable[tuple[Speaker, Sequence[Segment]]]) -> tuple[Turn, ...]:
    """The turns of all channels in order of time.

    Segments are cut at pauses by their word times (the engine stretches a segment over the other party's turn), doubts
    come from `guard`, and neighbouring pieces of one speaker are joined.
    """
    turns = [turn for speaker, segments in channels for turn in channel_turns(speaker, segments)]
    turns.sort(key=lambda turn: (turn.start_ms or 0, turn.speaker))
    return tuple(joined(turns))


def channel_turns(speaker: Speaker, segments: Sequence[Segment], pause_ms: int = PAUSE_MS) -> list[Turn]:
    """The turns of one channel, cut at pauses of that length."""
    turns: list[Turn] = []
    for segment, reason in zip(segments, guard.doubts(segments), strict=True):
        for words in _pieces(segment, pause_ms):
            stripped = _stripped(words)
            text = "".join(w.text for w in stripped)
            if cleanup.bare(text):
                turns.append(Turn(speaker, text, words[0].start_ms, words[-1].end_ms, stripped, reason))
    return turns


def _stripped(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words without blanks at both ends, so that together they are the text."""
    first = replace(words[0], text=words[0].text.lstrip())
    words = (first, *words[1:])
    return (*words[:-1], replace(words[-1], text=words[-1].text.rstrip()))


def to_utterances(turns: Iterable[Turn]) -> tuple[Utterance, ...]:
    """The turns as the rest of Dongke reads them."""
    return tuple(Utterance(t.speaker, t.text, t.start_ms, t.end_ms, suspect=t.doubt is not None) for t in turns)


def _pieces(segment: Segment, pause_ms: int) -> list[tuple[Word, ...]]:
    """The segment's words, cut at pauses. A beginning that the engine timed before the pause goes after it."""
    words = segment.words or (Word(segment.text, segment.start_ms, segment.end_ms),)
    pieces: list[tuple[Word, ...]] = [(words[0],)]
    for before, word in pairwise(words):
        if word.start_ms - before.end_ms < pause_ms:
            pieces[-1] += (word,)
        elif word.text.strip().startswith(_NEVER_FIRST) or _is_orphan(pieces[-1]):
            moved = tuple(replace(w, start_ms=word.start_ms, end_ms=word.start_ms) for w in pieces[-1])
            pieces[-1] = (*moved, word)
        else:
            pieces.append((word,))
    return pieces


def _is_orphan(piece: tuple[Word, ...]) -> bool:
    """One or two characters with no time of their own, or cut off in the middle of a phrase; an answer is none."""
    text = "".join(w.text for w in piece).strip()
    if len(cleanup.bare(text)) > 2:
        return False
    no_time = piece[-1].end_ms - piece[0].start_ms < NO_TIME_MS
    return no_time or (text == cleanup.bare(text) and not _ANSWER.fullmatch(text))


def joined(turns: Sequence[Turn]) -> list[Turn]:
    """Neighbouring turns of one speaker in one, where no sentence ends between them and no pause is long."""
    done: list[Turn] = []
    for turn in turns:
        if done and _belongs(done[-1], turn):
            done[-1] = _together(done[-1], turn)
        else:
            done.append(turn)
    return done


def _together(last: Turn, turn: Turn) -> Turn:
    """Two turns as one, as sure of its speaker as the less sure of the two."""
    sure = [c for c in (last.role_confidence, turn.role_confidence) if c is not None]
    return replace(
        last,
        text=last.text + turn.text,
        end_ms=turn.end_ms,
        words=last.words + turn.words,
        role_confidence=min(sure, default=None),
    )


def _belongs(last: Turn, turn: Turn) -> bool:
    if last.speaker != turn.speaker or last.doubt != turn.doubt or last.text.endswith(_ENDS):
        return False
    if last.end_ms is None or turn.start_ms is None or turn.end_ms is None or last.start_ms is None:
        return False
    return turn.start_ms - last.end_ms < PAUSE_MS and turn.end_ms - last.start_ms <= MAX_TURN_MS
