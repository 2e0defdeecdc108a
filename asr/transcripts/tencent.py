"""腾讯云 录音文件识别: `Data.ResultDetail`, or, where details were not asked for, the lines of `Data.Result`:
`[0:0.020,0:2.380,0]  您好。` – minutes and seconds, and the speaker.

SpeakerId is the channel of a two-channel recording and a mere number of a one-channel one, and the answer does not say
which: it is taken for the channel only where the recording is known to have two.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from asr.transcriber import Word
from asr.transcripts.core import Sentence, Voices, bad, milliseconds, rows_of, text_of
from asr.transcripts.whisper_json import channel_of

FORM = "vendor:tencent"
_LINE = re.compile(r"\[(\d+):(\d+(?:\.\d+)?),(\d+):(\d+(?:\.\d+)?)(?:,(\d+))?\]\s*(.*)")
_SUCCESS = 2


def fits(data: Any) -> bool:
    """Whether this is 腾讯云's, with or without the Response around it."""
    return _data(data) is not None


def read(data: Any, voices: Voices) -> Iterator[Sentence]:
    """The sentences. Raises BadInput `transcript-invalid` with the place."""
    found = _data(data)
    assert found is not None
    if found.get("Status", _SUCCESS) != _SUCCESS:
        detail = found.get("ErrorMsg") or found.get("StatusStr") or found.get("Status")
        raise bad(f"腾讯云任务没有完成: {str(detail)[:80]}")
    if found.get("ResultDetail"):
        return _details(found["ResultDetail"], voices)
    return _lines(found.get("Result") or "", voices)


def is_lines(text: Any) -> bool:
    """Whether a text is the list of lines that 腾讯云 gives without details."""
    return isinstance(text, str) and _LINE.match(text.lstrip()) is not None


def _data(data: Any) -> Mapping[str, Any] | None:
    for key in ("Response", "Data"):
        if isinstance(data, Mapping) and isinstance(data.get(key), Mapping):
            data = data[key]
    if not isinstance(data, Mapping):
        return None
    return data if "ResultDetail" in data or "StatusStr" in data or is_lines(data.get("Result")) else None


def _details(value: Any, voices: Voices) -> Iterator[Sentence]:
    for number, row in enumerate(rows_of(value, "ResultDetail")):
        place = f"ResultDetail 第 {number} 句"
        text = text_of(row, "FinalSentence", place).strip()
        start, end = (milliseconds(row.get(key), 1, f"{place}: {key}") for key in ("StartMs", "EndMs"))
        if text:
            label, channel = _speaker(row.get("SpeakerId"), voices)
            yield Sentence(text, start, end, label, channel, tuple(_words(row.get("Words"), start, place)))


def _words(value: Any, begin: int, place: str) -> Iterator[Word]:
    """The words, whose times are counted from the beginning of the sentence."""
    if value is None:
        return
    for n, row in enumerate(rows_of(value, f"{place} Words")):
        where = f"{place} Words[{n}]"
        first, last = (milliseconds(row.get(k), 1, f"{where}: {k}") for k in ("OffsetStartMs", "OffsetEndMs"))
        yield Word(text_of(row, "Word", where), begin + first, begin + max(first, last))


def _lines(text: Any, voices: Voices) -> Iterator[Sentence]:
    if not isinstance(text, str):
        raise bad("Data.Result 不是文字")
    for number, line in enumerate(line for line in text.split("\n") if line.strip()):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise bad(f"Data.Result 第 {number} 行不是 [起,止] 文字")
        start, end = (round((int(m) * 60 + float(s)) * 1000) for m, s in (match.group(1, 2), match.group(3, 4)))
        if match[6].strip():
            label, channel = _speaker(match[5], voices)
            yield Sentence(match[6].strip(), start, end, label, channel)


def _speaker(number: Any, voices: Voices) -> tuple[object, int | None]:
    label = None if number is None else str(number)
    return label, channel_of(number) if voices.channels == 2 else None
