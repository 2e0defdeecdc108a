"""转写后处理: from what the engine heard to what is stored and read. Every edit is logged with its original.

Speech: simplified characters, numbers as spoken, finance terms, marks by pauses. A transcript from elsewhere keeps its
numbers and marks. Personal numbers are masked last, in the text, in the words and in the log.
"""

from collections.abc import Callable
from dataclasses import replace

from asr import cleanup, numbers, punctuation, terms
from asr.edits import Change, rewrite
from asr.transcriber import Transcript, Turn
from asr.utterances import mask_all, mask_turn


def finish(transcript: Transcript) -> Transcript:
    """What an engine heard, made readable."""
    turns = (
        _tidy(turn, ("simplified", simplified), ("number", numbers.as_spoken), _TERMS) for turn in transcript.turns
    )
    return replace(transcript, turns=punctuation.punctuate(tuple(turns)))


def tidy(transcript: Transcript) -> Transcript:
    """A transcript that came with the recording: simplified characters and finance terms only."""
    return replace(transcript, turns=tuple(_tidy(t, ("simplified", simplified), _TERMS) for t in transcript.turns))


def masked(transcript: Transcript) -> Transcript:
    """The transcript without personal numbers; nothing else may be stored or shown."""
    texts = mask_all([(turn.speaker.value, turn.text) for turn in transcript.turns])
    turns = tuple(mask_turn(turn, text) for turn, text in zip(transcript.turns, texts, strict=True))
    return replace(transcript, turns=turns)


def simplified(text: str) -> list[Change]:
    """The runs of traditional characters, turned simplified 繁转简."""
    plain = cleanup.simplify(text)
    changes: list[Change] = []
    for place, (one, other) in enumerate(zip(text, plain, strict=True)):
        if one == other:
            continue
        if changes and changes[-1].end == place:
            changes[-1] = Change(changes[-1].start, place + 1, changes[-1].new + other)
        else:
            changes.append(Change(place, place + 1, other))
    return changes


_Step = tuple[str, Callable[[str], list[Change]]]
_TERMS: _Step = ("term", terms.repairs)


def _tidy(turn: Turn, *steps: _Step) -> Turn:
    for kind, changes in steps:
        turn = rewrite(turn, changes(turn.text), kind)
    return turn
