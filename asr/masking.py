"""脱敏 of a whole conversation: numbers read out in pieces over several turns; the words and the log of a turn."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from asr.cleanup import safe
from asr.transcriber import Edit, Turn
from dongke.privacy import DIGIT, digits_of, mask

SPOKEN_NUMBER = 11  #: digits: a telephone number
_CARD = 15  #: digits: an identity card of old, the shortest bank card
_SHORT = 6  #: characters: 嗯 and 对对对 of the other party do not end a number
_TAIL = 40  #: characters at the end of a turn where a number may begin
_CODE = re.compile("(?:60|68|00|30|5[168]|1[1256])[0-9]{4}")  #: shares, funds, bonds: several of them are no card
_PHONE = re.compile("(?:86)?1[3-9][0-9]{9}")
_FILLER = "嗯啊呃哦对是好的,，.。、 \\-"
_DIGITS = re.compile(f"[{DIGIT}]")
_READ = f"(?:[{_FILLER}]*[{DIGIT}]){{2,}}"
#: a turn that only reads out digits: two and more, with fillers around them
_READ_OUT = re.compile(f"{_READ}[Xx吗吧{_FILLER}]*")
_NOTHING = re.compile(f"[{_FILLER}]*")
_BEGINS = re.compile(f"{_READ}$")  #: 我电话是138
_ENDS = re.compile(f"{_READ}(?![万亿千百十元块{DIGIT}])")  #: 8000, 你记一下


class _Piece(NamedTuple):
    """The characters of a turn that read out digits."""

    turn: int
    start: int
    end: int


def mask_all(turns: Sequence[tuple[str, str]]) -> list[str]:
    """(speaker, text) of a whole conversation, masked; also a number read out in pieces over several turns."""
    said = [safe(text) for _, text in turns]
    texts = [mask(text) for text in said]
    for speaker in sorted({speaker for speaker, _ in turns}):
        run: list[_Piece] = []
        for number, (who, _) in enumerate(turns):
            text = said[number]
            if who != speaker:
                if len(text) > _SHORT and not _READ_OUT.fullmatch(text):
                    run = _ended(texts, said, run)
            elif _READ_OUT.fullmatch(text):
                run.append(_Piece(number, 0, len(text)))
            elif not _NOTHING.fullmatch(text):
                head = _ENDS.match(text)
                _ended(texts, said, [*run, _Piece(number, 0, head.end())] if run and head else run)
                tail = _BEGINS.search(text, max(len(text) - _TAIL, 0))
                run = [_Piece(number, tail.start(), len(text))] if tail else []
        _ended(texts, said, run)
    return texts


def mask_turn(turn: Turn, text: str) -> Turn:
    """The turn with its masked text; the words follow it, and the log forgets what was masked."""
    turn = replace(turn, edits=tuple(_masked_edit(edit, text) for edit in turn.edits))
    if text == turn.text:
        return turn
    joined = "".join(word.text for word in turn.words)
    if joined.strip() != turn.text.strip():  # they cannot follow it, and would tell what the text hides
        return replace(turn, text=text, words=())
    lead = len(joined) - len(joined.lstrip())
    padded = joined[:lead] + text.strip() + joined[lead + len(text.strip()) :]
    words, place = [], 0
    for word in turn.words:
        words.append(replace(word, text=padded[place : place + len(word.text)]))
        place += len(word.text)
    return replace(turn, text=text, words=tuple(words))


def _masked_edit(edit: Edit, text: str) -> Edit:
    """A log entry must not tell what the mask hides."""
    hides = "*" in text[edit.start : edit.end]
    return replace(edit, original="*" * len(edit.original) if hides else mask(safe(edit.original)))


def _ended(texts: list[str], said: Sequence[str], run: list[_Piece]) -> list[_Piece]:
    """Masks the run if it is a personal number, and what the other party repeats of it meanwhile. Gives a new run."""
    whole = [piece for piece in run if (piece.start, piece.end) == (0, len(said[piece.turn]))]
    found = next((r for r in (run, whole) if _is_personal(said, r, whole)), None)
    if found:
        for turn, start, end in found:
            texts[turn] = texts[turn][:start] + _DIGITS.sub("*", texts[turn][start:end]) + texts[turn][end:]
        for turn in range(found[0].turn + 1, min(found[-1].turn + 2, len(said))):
            if _READ_OUT.fullmatch(said[turn]):
                texts[turn] = _DIGITS.sub("*", texts[turn])
    return []


def _is_personal(said: Sequence[str], run: list[_Piece], whole: list[_Piece]) -> bool:
    """Of turns that only read out, any number so long; where other words stand beside it, a telephone or a card."""
    pieces = [digits_of(said[turn][start:end]) for turn, start, end in run]
    digits = "".join(pieces)
    if len(run) < 2 or len(digits) < SPOKEN_NUMBER:
        return False
    if all(_CODE.fullmatch(piece) for piece in pieces):
        return False
    return run == whole or len(digits) >= _CARD or _PHONE.fullmatch(digits) is not None
