"""TXT: one line an utterance, 时间 说话人: 话."""

from asr.transcripts.core import LABELS
from asr.transcripts.srt import SUSPECT
from asr.transcripts.times import clock
from dongke.clock import beijing
from dongke.types import Conversation, Utterance


def write(conversation: Conversation, mark: str = "") -> str:
    """What people read: the time into the call (of a chat: the time of day in Beijing), the speaker, the words. `mark`
    is the first line."""
    head = f"[{mark}]\n" if mark else ""
    return head + "".join(_line(u) for u in conversation.utterances if u.text.strip())


def _line(u: Utterance) -> str:
    mark = SUSPECT if u.suspect else ""
    return f"{_time(u)}{LABELS[u.speaker]}{mark}: {' '.join(u.text.split())}\n"


def _time(u: Utterance) -> str:
    if u.start_ms is not None:
        return clock(u.start_ms // 1000) + " "
    return beijing(u.at).strftime("%Y-%m-%d %H:%M:%S ") if u.at is not None else ""
