"""字幕的时间: the times of SRT and WebVTT, and utterances with theirs."""

import re
from collections.abc import Iterator

from dongke.errors import BadInput
from dongke.types import Conversation, Utterance

_MOMENT = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
CLOCK = re.compile(_MOMENT)
SPAN = re.compile(rf"\s*{_MOMENT}\s+-->\s+{_MOMENT}(?:\s|$)")


def span(match: re.Match[str]) -> tuple[int, int]:
    """(start, end) in milliseconds of a line that SPAN matches."""
    parts = match.groups()
    return _ms(*parts[:4]), _ms(*parts[4:])


def moment(match: re.Match[str]) -> int:
    """Milliseconds of what CLOCK matches."""
    return _ms(*match.groups())


def stamp(ms: int, mark: str) -> str:
    """12:03:04.567; `mark` stands before the milliseconds."""
    seconds, rest = divmod(ms, 1000)
    return f"{clock(seconds)}{mark}{rest:03}"


def clock(seconds: int) -> str:
    """12:03:04."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def timed(conversation: Conversation) -> Iterator[tuple[Utterance, int, int]]:
    """Utterances that say something, with times in milliseconds; a chat's are counted from its beginning, one second
    each. Raises BadInput `transcript-no-times`."""
    for utterance in conversation.utterances:
        start, end = utterance.start_ms, utterance.end_ms
        if start is None and utterance.at is not None:
            start = max(0, round((utterance.at - conversation.started_at).total_seconds() * 1000))
        if start is None:
            raise BadInput("transcript-no-times", "会话没有时间, 不能导出字幕")
        if utterance.text.strip():
            yield utterance, start, max(end if end is not None else start + 1000, start)


def _ms(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    return (int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))
