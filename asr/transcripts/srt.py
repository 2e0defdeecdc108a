"""SRT: the speaker stands before the words (客户: …), what is doubted has (可疑) behind the speaker.

What the demo's model heard has (演示模型) there: SRT knows no comments, and a cue of its own would be somebody's words.

SRT knows no escape: a tag of formatting that somebody spoke cannot be told from formatting, so on export its `<`
becomes full width; everything else comes back as it was.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from asr import speakers
from asr.transcriber import DEMO_MODEL
from asr.transcripts import times
from asr.transcripts.core import LABELS, MARKED, Sentence, bad
from dongke.types import Conversation

FORM = "srt"
SUSPECT = "(可疑)"
_FORMAT = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^>]*)?>|\{\\an?\d+\}", re.IGNORECASE)
_LABEL = re.compile(
    r"\s*(?P<open>[\[【(（])?(?P<name>[^\[\]【】()（）:：]{1,12}?)(?(open)[\]】)）])\s*"
    rf"(?P<marks>(?:[(（](?:可疑|{DEMO_MODEL})[)）]\s*)*)[:：]\s*(?P<said>.+)",
    re.DOTALL,
)


class Place(NamedTuple):
    """The line of times in a block, and the lines below it."""

    match: re.Match[str]
    body: list[str]


def write(conversation: Conversation, mark: str = "") -> str:
    """SubRip; the speaker stands before the text, `mark` behind the speaker. Raises BadInput `transcript-no-times`."""
    cues = []
    heard = f"({mark})" if mark else ""
    for n, (u, start, end) in enumerate(times.timed(conversation), 1):
        said = _FORMAT.sub(lambda m: m.group().replace("<", "＜").replace("{", "｛"), " ".join(u.text.split()))
        label = LABELS[u.speaker] + (SUSPECT if u.suspect else "") + heard
        cues.append(f"{n}\n{times.stamp(start, ',')} --> {times.stamp(end, ',')}\n{label}: {said}\n")
    return "\n".join(cues)


def read(text: str) -> Iterator[Sentence]:
    """The cues. A block without times goes on with the one before it: somebody left a line empty. Raises BadInput
    `transcript-invalid` with the number of the block."""
    cues: list[tuple[int, int, list[str]]] = []
    for number, lines in enumerate(blocks(text)):
        place = place_of_times(number, lines)
        if place is not None:
            cues.append((*times.span(place.match), place.body))
        elif cues:
            cues[-1][2].extend(lines)
    if not cues:
        raise bad("没有字幕时间行")
    for start, end, body in cues:
        said = " ".join(_FORMAT.sub("", "\n".join(body)).split())
        if said:
            yield labelled(said, start, end)


def blocks(text: str) -> Iterator[list[str]]:
    """The blocks between empty lines, as lines."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        if any(line.strip() for line in lines):
            yield lines


def place_of_times(number: int, lines: list[str]) -> Place | None:
    """Where the times stand: first, or below the cue's name. Raises BadInput where an arrow has no times around it."""
    for n, line in enumerate(lines[:2]):
        match = times.SPAN.match(line)
        if match:
            return Place(match, lines[n + 1 :])
    if any("-->" in line for line in lines[:2]):
        raise bad(f"第 {number} 块: 时间行读不懂")
    return None


def labelled(said: str, start: int, end: int) -> Sentence:
    """The words, without the speaker at their head if a role is named there."""
    match = _LABEL.fullmatch(said)
    if match is None or speakers.role_of_label(match["name"]) is None:
        return Sentence(said, start, end)
    return Sentence(
        match["said"].strip(), start, end, match["name"], doubt=MARKED if "可疑" in match["marks"] else None
    )
