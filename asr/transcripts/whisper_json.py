"""Whisper 的 JSON: openai-whisper, faster-whisper and whisperX (`segments`), whisper.cpp (`transcription`)."""

from collections.abc import Iterator, Mapping
from typing import Any

from asr import guard
from asr.transcriber import Segment, Word
from asr.transcripts.core import MARKED, Sentence, bad, milliseconds, number_of, optional_ms, rows_of, text_of

FORM = "whisper"
_CHANNEL_DIGITS = 4  #: what is longer is no channel
_MARKS = ("[_", "<|")  #: whisper.cpp lists its own tokens among the words: [_BEG_], [_TT_50]


def fits(data: Any) -> bool:
    """Whether this is a Whisper's: segments with text in them, beside no other vendor's envelope."""
    if not isinstance(data, Mapping):
        return False
    if isinstance(data.get("transcription"), list):
        return True
    rows = data.get("segments")
    return isinstance(rows, list) and all(not isinstance(r, Mapping) or "content" not in r for r in rows)


def read(data: Mapping[str, Any]) -> Iterator[Sentence]:
    """The segments. Raises BadInput `transcript-invalid` with the place."""
    if isinstance(data.get("transcription"), list):
        return _cpp(data["transcription"])
    return _segments(data["segments"])


def _segments(value: Any) -> Iterator[Sentence]:
    for number, row in enumerate(rows_of(value, "segments")):
        place = f"segments 第 {number} 句"
        text = text_of(row, "text", place)
        start, end = (optional_ms(row, key, 1000, place) for key in ("start", "end"))
        if text.strip():
            yield Sentence(
                text=text.strip(),
                start_ms=start,
                end_ms=end,
                label=row.get("speaker", row.get("role")),
                channel=channel_of(row.get("channel", row.get("channel_id"))),
                words=_words(row.get("words"), place),
                doubt=doubt(row, text, start, end),
            )


def channel_of(value: Any) -> int | None:
    """A channel's number from 0; None where there is none."""
    told = str(value)
    return int(told) if told.isdecimal() and len(told) <= _CHANNEL_DIGITS else None


def _words(value: Any, place: str) -> tuple[Word, ...]:
    """The words; one that the aligner could not time (whisperX) takes its neighbours' times."""
    if value is None:
        return ()
    found: list[Word] = []
    for n, row in enumerate(rows_of(value, f"{place} words")):
        where = f"{place} words[{n}]"
        text = row.get("word", row.get("text"))
        if not isinstance(text, str):
            raise bad(f"{where} 没有文字 (word)")
        before = found[-1].end_ms if found else None
        start, end = optional_ms(row, "start", 1000, where), optional_ms(row, "end", 1000, where)
        start = start if start is not None else before
        if start is None:
            return ()  # the first word has no time: the others' would be moved onto it
        end = max(end, start) if end is not None else start
        found.append(Word(text, start, end, number_of(row.get("probability", row.get("score")), 1.0)))
    return tuple(found)


def doubt(row: Mapping[str, Any], text: str, start: int | None, end: int | None) -> str | None:
    """Our own mark, or what Whisper's figures say."""
    if row.get("suspect"):
        return MARKED
    if not isinstance(row.get("avg_logprob"), int | float):
        return None
    return guard.doubt(
        Segment(
            text=text,
            start_ms=start or 0,
            end_ms=end or 0,
            avg_logprob=number_of(row["avg_logprob"], 0.0),
            no_speech_prob=number_of(row.get("no_speech_prob"), 0.0),
            compression_ratio=number_of(row.get("compression_ratio"), 1.0),
        )
    )


def _cpp(value: Any) -> Iterator[Sentence]:
    """whisper.cpp with `-oj` or `-ojf`: offsets in milliseconds; `-di` tells the channel as the speaker."""
    for number, row in enumerate(rows_of(value, "transcription")):
        place = f"transcription 第 {number} 句"
        text = text_of(row, "text", place).strip()
        start, end = _offsets(row, place)
        words = tuple(_tokens(row.get("tokens"), place)) if row.get("tokens") is not None else ()
        if text:
            yield Sentence(text, start, end, channel=channel_of(row.get("speaker")), words=words)


def _tokens(value: Any, place: str) -> Iterator[Word]:
    for n, row in enumerate(rows_of(value, f"{place} tokens")):
        where = f"{place} tokens[{n}]"
        text = text_of(row, "text", where)
        if not text.startswith(_MARKS):
            start, end = _offsets(row, where)
            yield Word(text, start, max(end, start), number_of(row.get("p"), 1.0))


def _offsets(row: Mapping[str, Any], place: str) -> tuple[int, int]:
    offsets = row.get("offsets")
    if not isinstance(offsets, Mapping):
        raise bad(f"{place} 没有 offsets")
    return tuple(milliseconds(offsets.get(key), 1, f"{place}: offsets.{key}") for key in ("from", "to"))  # type: ignore[return-value]
