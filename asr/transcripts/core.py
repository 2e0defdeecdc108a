"""转写稿的共同部分: a sentence as a file gives it, who is known to speak, and how both become turns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asr import speakers
from asr.cleanup import bare
from asr.transcriber import Edit, Turn, Word
from dongke.errors import BadInput
from dongke.types import MAX_UTTERANCE_CHARS, MAX_UTTERANCES, Speaker

UNKNOWN_SPEAKER = "说话人不确定"
MARKED = "来源标记为可疑"
LABELS = {Speaker.ADVISOR: "投资顾问", Speaker.CUSTOMER: "客户"}
MAX_MS = 1e9  #: eleven days: no call is longer


@dataclass(frozen=True, slots=True)
class Voices:
    """谁在说话: what is known of the speakers before the file is read."""

    advisor_channel: int = 0
    channels: int | None = None  #: of the recording; None where nobody told
    names: Mapping[str, Speaker] = field(default_factory=dict)  #: the file's own names or numbers of speakers


@dataclass(frozen=True, slots=True)
class Sentence:
    """一句 as a file gives it. `label`: role, name or number of the speaker; `channel`: from 0."""

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    label: object = None
    channel: int | None = None
    words: tuple[Word, ...] = ()
    doubt: str | None = None
    edits: tuple[Edit, ...] = ()
    role_confidence: float | None = None


def turns(sentences: Sequence[Sentence], voices: Voices) -> Iterator[Turn]:
    """The sentences as turns; one whose speaker nobody tells is kept with a guessed speaker and doubted.

    A channel tells the role only where there are two: of one channel alone every sentence is channel 0. Raises
    BadInput `transcript-invalid`.
    """
    if len(sentences) > MAX_UTTERANCES:
        raise bad(f"超过 {MAX_UTTERANCES} 句")
    told = voices.channels == 2 or (voices.channels is None and any(s.channel for s in sentences))
    roles = speakers.channel_roles(voices.advisor_channel)
    before: Speaker | None = None
    for number, s in enumerate(sentences):
        _check(number, s)
        by_channel = roles[s.channel] if told and s.channel in (0, 1) else None
        role = _named(s.label, voices) or by_channel
        before = role or speakers.guess(s.text, before)
        doubt = s.doubt or (None if role else UNKNOWN_SPEAKER)
        words = fitted(s.text, s.words)
        yield Turn(before, s.text, s.start_ms, s.end_ms, words, doubt, s.edits, s.role_confidence)


def by_time(sentences: Iterable[Sentence]) -> list[Sentence]:
    """In order of their beginnings, where all have one: vendors list one channel after the other."""
    found = list(sentences)
    if any(s.start_ms is None for s in found):
        return found
    return sorted(found, key=lambda s: s.start_ms or 0)


def fitted(text: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """The words so cut that together they are the text: marks that the words lack go to the word before them.

    Where they do not spell the text there are no words: times of other words are worse than none.
    """
    if not words or "".join(w.text for w in words).strip() == text.strip():
        return tuple(words)
    starts: list[int] = []
    kept: list[Word] = []
    place = 0
    for word in words:
        core = bare(word.text)
        if not core:
            continue
        at = text.find(core, place)
        if at < 0 or bare(text[place:at]):
            return ()
        starts.append(at)
        kept.append(word)
        place = at + len(core)
    if not kept or bare(text[place:]):
        return ()
    edges = [0, *starts[1:], len(text)]
    return tuple(
        Word(text[a:b], w.start_ms, w.end_ms, w.probability) for w, a, b in zip(kept, edges, edges[1:], strict=False)
    )


def milliseconds(value: Any, unit: float, place: str) -> int:
    """A time of the file, `unit` milliseconds each. Raises BadInput `transcript-invalid` with the place."""
    try:
        if isinstance(value, bool):
            raise TypeError
        moment = float(value) * unit
    except (TypeError, ValueError, OverflowError):
        moment = -1.0
    if not 0 <= moment < MAX_MS:
        raise bad(f"{place} 不是有效时间")
    return round(moment)


def optional_ms(row: Mapping[str, Any], key: str, unit: float, place: str) -> int | None:
    """The time under that key, None where it is not there."""
    value = row.get(key)
    return None if value is None else milliseconds(value, unit, f"{place}: {key}")


def rows_of(value: Any, place: str) -> list[Mapping[str, Any]]:
    """A list of objects. Raises BadInput `transcript-invalid` with the place."""
    if not isinstance(value, list):
        raise bad(f"{place} 不是列表")
    for number, row in enumerate(value):
        if not isinstance(row, Mapping):
            raise bad(f"{place} 第 {number} 句不是对象")
    return value


def text_of(row: Mapping[str, Any], key: str, place: str) -> str:
    """The text under that key. Raises BadInput `transcript-invalid` with the place."""
    value = row.get(key)
    if not isinstance(value, str):
        raise bad(f"{place}没有文字 ({key})")
    return value


def number_of(value: Any, default: float) -> float:
    """A figure, or the default where there is none, or none that can be kept."""
    is_figure = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_MS
    return float(value) if is_figure else default


def bad(detail: str) -> BadInput:
    """转写稿读不懂: what every reader raises, with the place of the fault."""
    return BadInput("transcript-invalid", f"转写稿读不懂: {detail}")


def _named(label: object, voices: Voices) -> Speaker | None:
    if isinstance(label, Speaker):
        return label
    told = voices.names.get(str(label)) if label is not None else None
    return told or speakers.role_of_label(label)


def _check(number: int, s: Sentence) -> None:
    if len(s.text) > MAX_UTTERANCE_CHARS:
        raise bad(f"第 {number} 句超过 {MAX_UTTERANCE_CHARS} 字")
    if s.start_ms is not None and s.end_ms is not None and s.end_ms < s.start_ms:
        raise bad(f"第 {number} 句: 结束早于开始")
