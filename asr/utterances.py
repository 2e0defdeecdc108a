"""话轮: from the segments of each channel to one list of turns by time; safe, masked text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from asr import cleanup, guard
from asr.transcriber import Edit, Segment, Turn, Word
from dongke.privacy import mask
from dongke.types import Speaker, Utterance

PAUSE_MS = 800  #: a pause this long inside a segment ends the turn
NO_TIME_MS = 100  #: nobody says a word in less
MAX_TURN_MS = 30_000  #: neighbouring pieces are joined up to this length
SPOKEN_NUMBER = 11  #: digits: a telephone number
_ENDS = tuple("。！？!?")
_DIGIT = "0-9０-９零〇幺一二三四五六七八九两"
_FILLER = "嗯啊呃哦对是好的,，.。、 \\-"
_DIGITS = re.compile(f"[{_DIGIT}]")
#: a turn that only reads out digits: two and more, with fillers around them
_READ_OUT = re.compile(f"(?:[{_FILLER}]*[{_DIGIT}]){{2,}}[Xx吗吧{_FILLER}]*")
#: short words that are an answer by themselves
_ANSWER = re.compile(
    "[对嗯是好行有没不哦噢喂啊成要会能懂]{1,2}|可以|没有|不是|不要|不用|明白|知道|当然|谢谢|再见|已经|还没|差不"
)
_NEVER_FIRST = ("的", "了", "吗", "呢")  #: nobody begins to speak with these: 好|的
_BROKEN = re.compile("[\x00\ud800-\udfff]")


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


def safe(text: str) -> str:
    """The text without what the database cannot keep (NUL, lone surrogates); the length stays the same."""
    return _BROKEN.sub("\ufffd", text)


def mask_all(turns: Sequence[tuple[str, str]]) -> list[str]:
    """(speaker, text) of a whole conversation, masked; also a number read out in pieces over several turns."""
    texts = [mask(safe(text)) for _, text in turns]
    for speaker in {speaker for speaker, _ in turns}:
        run: list[int] = []
        for number, (who, text) in enumerate(turns):
            if _READ_OUT.fullmatch(text):
                if who == speaker:
                    run.append(number)
            elif who == speaker or len(text) > 6:  # a short 嗯 or 对 of the other party does not end the number
                _mask_run(texts, run)
                run = []
        _mask_run(texts, run)
    return texts


def mask_turn(turn: Turn, text: str) -> Turn:
    """The turn with its masked text; the words follow it, and the log forgets what was masked."""
    turn = replace(turn, edits=tuple(_masked_edit(edit, text) for edit in turn.edits))
    if text == turn.text or sum(len(w.text) for w in turn.words) < len(text):
        return replace(turn, text=text)
    joined = "".join(w.text for w in turn.words)
    lead = len(joined) - len(joined.lstrip())
    padded = joined[:lead] + text + joined[lead + len(text) :]
    words, place = [], 0
    for word in turn.words:
        words.append(replace(word, text=padded[place : place + len(word.text)]))
        place += len(word.text)
    return replace(turn, text=text, words=tuple(words))


def _masked_edit(edit: Edit, text: str) -> Edit:
    """A log entry must not tell what the mask hides."""
    return replace(edit, original="*" * len(edit.original)) if "*" in text[edit.start : edit.end] else edit


def _mask_run(texts: list[str], run: list[int]) -> None:
    if len(run) > 1 and sum(len(_DIGITS.findall(texts[n])) for n in run) >= SPOKEN_NUMBER:
        for number in run:
            texts[number] = _DIGITS.sub("*", texts[number])


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
