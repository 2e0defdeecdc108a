"""其他厂商的句子列表: a list of sentences, however it is wrapped, by the names that its fields usually have."""

from collections.abc import Iterator, Mapping
from typing import Any

from asr import speakers
from asr.transcripts import whisper_json
from asr.transcripts.core import Sentence, bad, milliseconds

FORM = "vendor:other"
_TEXT_KEYS = ("text", "content", "Text", "FinalSentence", "sentence", "onebest")
_ROLE_KEYS = ("speaker", "role", "spk", "Role", "SpeakerRole", "speaker_role")
_CHANNEL_KEYS = ("channel_id", "ChannelId", "channel")
#: key → milliseconds in one unit of it
_START_KEYS = {"start": 1000, "start_ms": 1, "begin_time": 1, "BeginTime": 1, "StartMs": 1, "bg": 1}
_END_KEYS = {"end": 1000, "end_ms": 1, "end_time": 1, "EndTime": 1, "EndMs": 1, "ed": 1}
_DEPTH = 4


def read(data: Any) -> Iterator[Sentence]:
    """The sentences. Raises BadInput `transcript-invalid` with the place."""
    rows = _list(data, _DEPTH)
    if rows is None:
        raise bad("找不到句子列表 (utterances, segments, sentences …)")
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise bad(f"第 {number} 句不是对象")
        said = _first(row, _TEXT_KEYS)
        if not isinstance(said, str):
            raise bad(f"第 {number} 句没有文字")
        start, end = _time(row, _START_KEYS, number), _time(row, _END_KEYS, number)
        channel = whisper_json.channel_of(_first(row, _CHANNEL_KEYS))
        doubt = whisper_json.doubt(row, said, start, end)
        yield Sentence(said.strip(), start, end, _label(row), channel, doubt=doubt)


def _list(data: Any, depth: int) -> list[Any] | None:
    """The first list whose entries have a text."""
    if isinstance(data, list):
        return data if not data or (isinstance(data[0], Mapping) and _first(data[0], _TEXT_KEYS) is not None) else None
    if not isinstance(data, Mapping) or not depth:
        return None
    inner = (_list(value, depth - 1) for value in data.values() if isinstance(value, Mapping | list))
    return next((found for found in inner if found is not None), None)


def _label(row: Mapping[str, Any]) -> object:
    """The first field that names a role; else the first that names anybody."""
    given = [row[key] for key in _ROLE_KEYS if key in row]
    return next((g for g in given if speakers.role_of_label(g)), given[0] if given else None)


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if key in row), None)


def _time(row: Mapping[str, Any], keys: Mapping[str, int], number: int) -> int | None:
    for key, unit in keys.items():
        if row.get(key) is not None:
            return milliseconds(row[key], unit, f"第 {number} 句: {key}")
    return None
