"""阿里云 录音文件识别: `Result.Sentences` with channels, `Result.Words` where words were asked for; the envelope tells
whether the task is through."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from asr.transcriber import Word
from asr.transcripts.core import Sentence, bad, milliseconds, rows_of, text_of
from asr.transcripts.whisper_json import channel_of

FORM = "vendor:aliyun"
_DONE = ("SUCCESS", "SUCCESS_WITH_NO_VALID_FRAGMENT")


def fits(data: Any) -> bool:
    """Whether this is 阿里云's: a Result with Sentences, or the envelope of a task."""
    if not isinstance(data, Mapping):
        return False
    if "StatusText" in data and ("TaskId" in data or "Result" in data):
        return True
    result = data.get("Result")
    return isinstance(result, Mapping) and "Sentences" in result


def read(data: Mapping[str, Any]) -> Iterator[Sentence]:
    """The sentences of all channels. Raises BadInput `transcript-invalid` with the place."""
    status = data.get("StatusText", "SUCCESS")
    if status not in _DONE:
        raise bad(f"阿里云任务没有完成: StatusText {str(status)[:60]}")
    result = data.get("Result") or {}
    if not isinstance(result, Mapping):
        raise bad("Result 不是对象")
    words = _words(result.get("Words"))
    for number, row in enumerate(rows_of(result.get("Sentences") or [], "Result.Sentences")):
        place = f"Result.Sentences 第 {number} 句"
        text = text_of(row, "Text", place).strip()
        start, end = (milliseconds(row.get(key), 1, f"{place}: {key}") for key in ("BeginTime", "EndTime"))
        channel = channel_of(row.get("ChannelId"))
        if text:
            own = _within(words, channel, start, end)
            yield Sentence(text, start, end, row.get("SpeakerId"), channel, own)


def _words(value: Any) -> list[tuple[int | None, Word]]:
    """The words of the recording with their channels: 阿里云 lists them beside the sentences, not within them."""
    if value is None:
        return []
    found = []
    for n, row in enumerate(rows_of(value, "Result.Words")):
        place = f"Result.Words[{n}]"
        start, end = (milliseconds(row.get(key), 1, f"{place}: {key}") for key in ("BeginTime", "EndTime"))
        found.append((channel_of(row.get("ChannelId")), Word(text_of(row, "Word", place), start, max(end, start))))
    return found


def _within(words: Sequence[tuple[int | None, Word]], channel: int | None, start: int, end: int) -> tuple[Word, ...]:
    """Those of the sentence: of its channel, with their middle in its time."""
    mine = (w for ch, w in words if ch == channel and start <= (w.start_ms + w.end_ms) / 2 <= end)
    return tuple(sorted(mine, key=lambda w: w.start_ms))
