"""转写稿导入导出: sidecars in (our JSON, SRT, WebVTT, Whisper JSON, a vendor's sentence list), JSON/WebVTT/SRT out.

A sentence whose speaker the file does not tell is kept with a guessed speaker and doubted: it makes no tags.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from asr import guard, speakers
from asr.transcriber import Segment, Transcript, Turn
from dongke.errors import BadInput
from dongke.types import MAX_UTTERANCE_CHARS, MAX_UTTERANCES, Conversation, Speaker, Utterance

SUFFIXES = (".json", ".srt", ".vtt")  #: sidecars that are looked for, in this order
UNKNOWN_SPEAKER = "说话人不确定"
MAX_SIDECAR_BYTES = 20_000_000
LABELS = {Speaker.ADVISOR: "投资顾问", Speaker.CUSTOMER: "客户"}

_TEXT_KEYS = ("text", "content", "Text", "FinalSentence", "sentence", "onebest")
_ROLE_KEYS = ("speaker", "role", "spk", "Role", "SpeakerRole", "speaker_role")
_CHANNEL_KEYS = ("channel_id", "ChannelId", "channel")
#: key → milliseconds in one unit of it
_START_KEYS = {"start": 1000, "start_ms": 1, "begin_time": 1, "BeginTime": 1, "StartMs": 1, "bg": 1}
_END_KEYS = {"end": 1000, "end_ms": 1, "end_time": 1, "EndTime": 1, "EndMs": 1, "ed": 1}

_TIMES = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s+-->\s+(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")
_PREFIX = re.compile(r"\s*[\[【(（]?([^\[\]【】()（）:：]{1,12}?)[\]】)）]?\s*[:：]\s*(.+)", re.DOTALL)


class _Cue(NamedTuple):
    label: object
    text: str
    start_ms: int | None
    end_ms: int | None
    doubt: str | None = None


def read_sidecar(path: Path, advisor_channel: int = 0) -> Transcript:
    """The transcript beside a recording. Raises BadInput `transcript-invalid` with the place of the fault."""
    if not path.is_file():
        raise BadInput("transcript-missing", f"没有转写稿 {path.name}")
    if path.stat().st_size > MAX_SIDECAR_BYTES:
        raise _bad(f"{path.name} 超过 {MAX_SIDECAR_BYTES // 1_000_000} MB")
    text = _decode(path.read_bytes(), path.name)
    if path.suffix.lower() == ".json":
        cues = list(_json_cues(text, speakers.channel_roles(advisor_channel)))
    else:
        cues = list(_subtitle_cues(text))
    if len(cues) > MAX_UTTERANCES:
        raise _bad(f"超过 {MAX_UTTERANCES} 句")
    return Transcript(tuple(_turns(cues)), "sidecar")


def to_webvtt(conversation: Conversation) -> str:
    """WebVTT with a voice tag for each utterance."""
    cues = ["WEBVTT\n"]
    for n, (u, start, end) in enumerate(_timed(conversation)):
        said = html.escape(_line(u.text), quote=False)
        cues.append(f"{n}\n{_stamp(start, '.')} --> {_stamp(end, '.')}\n<v {LABELS[u.speaker]}>{said}\n")
    return "\n".join(cues)


def to_srt(conversation: Conversation) -> str:
    """SubRip; the speaker stands before the text."""
    cues = [
        f"{n}\n{_stamp(start, ',')} --> {_stamp(end, ',')}\n{LABELS[u.speaker]}: {_line(u.text)}\n"
        for n, (u, start, end) in enumerate(_timed(conversation), 1)
    ]
    return "\n".join(cues)


def to_json(conversation: Conversation) -> str:
    """The contract's line, on several lines."""
    return json.dumps(conversation.to_json(), ensure_ascii=False, indent=1) + "\n"


def _decode(raw: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _bad(f"{name} 既不是 UTF-8 也不是 GB18030")


def _turns(cues: list[_Cue]) -> Iterator[Turn]:
    before: Speaker | None = None
    for number, cue in enumerate(cues):
        if len(cue.text) > MAX_UTTERANCE_CHARS:
            raise _bad(f"第 {number} 句超过 {MAX_UTTERANCE_CHARS} 字")
        role = cue.label if isinstance(cue.label, Speaker) else speakers.role_of_label(cue.label)
        before = role or speakers.guess(cue.text, before)
        doubt = cue.doubt or (None if role else UNKNOWN_SPEAKER)
        yield Turn(before, cue.text, cue.start_ms, cue.end_ms, doubt=doubt)


def _json_cues(text: str, roles: tuple[Speaker, Speaker]) -> Iterator[_Cue]:
    try:
        rows = _sentences(json.loads(text), 4)
    except (ValueError, RecursionError):
        raise _bad("不是 JSON") from None
    if rows is None:
        raise _bad("找不到句子列表 (utterances, segments, sentences …)")
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise _bad(f"第 {number} 句不是对象")
        said = _first(row, _TEXT_KEYS)
        if not isinstance(said, str):
            raise _bad(f"第 {number} 句没有文字")
        start, end = _time(row, _START_KEYS, number), _time(row, _END_KEYS, number)
        yield _Cue(_label(row, roles), said.strip(), start, end, _json_doubt(row, said, start, end))


def _sentences(data: Any, depth: int) -> list[Any] | None:
    """The first list whose entries have a text, however the vendor wrapped it."""
    if isinstance(data, list):
        return data if not data or (isinstance(data[0], Mapping) and _first(data[0], _TEXT_KEYS) is not None) else None
    if not isinstance(data, Mapping) or not depth:
        return None
    inner = (_sentences(value, depth - 1) for value in data.values() if isinstance(value, Mapping | list))
    return next((found for found in inner if found is not None), None)


def _label(row: Mapping[str, Any], roles: tuple[Speaker, Speaker]) -> object:
    label = _first(row, _ROLE_KEYS)
    if speakers.role_of_label(label) is not None:
        return label
    channel = _first(row, _CHANNEL_KEYS)
    return roles[int(channel)] if str(channel) in ("0", "1") else None


def _json_doubt(row: Mapping[str, Any], text: str, start: int | None, end: int | None) -> str | None:
    """Our own mark, or what Whisper's figures say."""
    if row.get("suspect"):
        return "来源标记为可疑"
    if not isinstance(row.get("avg_logprob"), int | float):
        return None
    return guard.doubt(
        Segment(
            text=text,
            start_ms=start or 0,
            end_ms=end or 0,
            avg_logprob=float(row["avg_logprob"]),
            no_speech_prob=_number(row.get("no_speech_prob"), 0.0),
            compression_ratio=_number(row.get("compression_ratio"), 1.0),
        )
    )


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if key in row), None)


def _time(row: Mapping[str, Any], keys: Mapping[str, int], number: int) -> int | None:
    for key, unit in keys.items():
        value = row.get(key)
        if value is None:
            continue
        try:
            moment = float(value) * unit
        except (TypeError, ValueError):
            moment = -1.0
        if not 0 <= moment < 1e9:
            raise _bad(f"第 {number} 句: {key} 不是有效时间")
        return round(moment)
    return None


def _subtitle_cues(text: str) -> Iterator[_Cue]:
    """SRT and WebVTT alike: blocks with a line of times, the text below it."""
    found = False
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip().split("\n")
        place = next((n for n, line in enumerate(lines[:3]) if _TIMES.match(line.strip())), None)
        if place is None:
            continue
        found = True
        start, end = _cue_times(lines[place].strip())
        for label, said in _voices("\n".join(lines[place + 1 :])):
            yield _Cue(label, said, start, end)
    if not found and text.strip() != "WEBVTT":
        raise _bad("没有字幕时间行")


def _cue_times(line: str) -> tuple[int, int]:
    match = _TIMES.match(line)
    assert match
    parts = [int(p or 0) for p in match.groups()]
    fractions = [int((match.group(n) or "0").ljust(3, "0")) for n in (4, 8)]
    start, end = (
        (parts[i] * 3600 + parts[i + 1] * 60 + parts[i + 2]) * 1000 + fraction
        for i, fraction in zip((0, 4), fractions, strict=True)
    )
    return start, end


def _voices(body: str) -> Iterator[tuple[object, str]]:
    """(label, text) of each voice in a cue; a leading 客户: counts as a label only if it names a role."""
    pieces = _VOICE.split(body)
    texts = [(None, pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    for label, raw in texts:
        said = " ".join(html.unescape(_TAG.sub("", raw)).split())
        if not said:
            continue
        prefix = _PREFIX.fullmatch(said) if label is None else None
        if prefix and speakers.role_of_label(prefix[1]):
            yield prefix[1], prefix[2].strip()
        else:
            yield label, said


def _timed(conversation: Conversation) -> Iterator[tuple[Utterance, int, int]]:
    """Utterances with times in milliseconds; a chat's are counted from its beginning, one second each."""
    for utterance in conversation.utterances:
        start, end = utterance.start_ms, utterance.end_ms
        if start is None and utterance.at is not None:
            start = max(0, round((utterance.at - conversation.started_at).total_seconds() * 1000))
        if start is None:
            raise BadInput("transcript-no-times", "会话没有时间, 不能导出字幕")
        yield utterance, start, max(end if end is not None else start + 1000, start)


def _stamp(moment: int, mark: str) -> str:
    seconds, rest = divmod(moment, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("-->", "→")


def _bad(detail: str) -> BadInput:
    return BadInput("transcript-invalid", f"转写稿读不懂: {detail}")
