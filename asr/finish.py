"""转写后处理: from what was heard to what is stored and read, whoever wrote it down.

Simplified characters, numbers as spoken, finance terms, and marks by pauses where the source writes none; every edit is
logged with its original. Personal numbers are masked last, in the text, in the words and in the log.
"""

from collections.abc import Sequence
from dataclasses import replace

from asr import cleanup, numbers, punctuation, terms
from asr.edits import Change, rewrite
from asr.masking import mask_all, mask_turn
from asr.transcriber import Transcript, Turn


def finish(transcript: Transcript) -> Transcript:
    """The transcript in our style, of whatever engine or source: search and evidence must not depend on it."""
    hidden = _hidden(transcript.turns)  # before digits become words: a telephone number must not become an amount
    turns = tuple(_tidied(turn, text) for turn, text in zip(transcript.turns, hidden, strict=True))
    return replace(transcript, turns=punctuation.punctuate(turns, _hidden(turns)))


def masked(transcript: Transcript) -> Transcript:
    """The transcript without personal numbers; nothing else may be stored or shown."""
    texts = _hidden(transcript.turns)
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


def _hidden(turns: Sequence[Turn]) -> list[str]:
    """The texts as the mask leaves them."""
    return mask_all([(turn.speaker.value, turn.text) for turn in turns])


def _tidied(turn: Turn, hidden: str) -> Turn:
    turn = rewrite(turn, simplified(turn.text), "simplified")  # of the same length
    turn = rewrite(turn, numbers.as_spoken(turn.text, hidden), "number")
    return rewrite(turn, terms.repairs(turn.text), "term")
