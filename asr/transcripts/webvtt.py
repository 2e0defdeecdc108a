"""WebVTT: voice tags tell who speaks, the class `suspect` what is doubted; timestamps within a cue are word times."""

import html
import re
from collections.abc import Iterator

from asr.transcriber import Word
from asr.transcripts import times
from asr.transcripts.core import LABELS, MARKED, Sentence, bad
from asr.transcripts.srt import blocks, labelled, place_of_times
from dongke.types import Conversation

FORM = "vtt"
_VOICE = re.compile(r"<v((?:\.[^\s>.]+)*)(?:\s+([^>]*))?>")
_TAG = re.compile(r"<[^>]*>")
_STAMP = re.compile(r"<((?:\d+:)?\d{1,2}:\d{2}\.\d{1,3})>")
_ASIDE = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:\s|$)")  #: blocks that are no cues


def write(conversation: Conversation, mark: str = "") -> str:
    """WebVTT with a voice tag for each utterance that says something; `mark` is a NOTE. Raises BadInput
    `transcript-no-times`."""
    cues = ["WEBVTT\n", f"NOTE {mark}\n"] if mark else ["WEBVTT\n"]
    for n, (u, start, end) in enumerate(times.timed(conversation)):
        said = html.escape(" ".join(u.text.split()), quote=False)
        voice = f"<v{'.suspect' if u.suspect else ''} {LABELS[u.speaker]}>"
        cues.append(f"{n}\n{times.stamp(start, '.')} --> {times.stamp(end, '.')}\n{voice}{said}\n")
    return "\n".join(cues)


def read(text: str) -> Iterator[Sentence]:
    """The cues. Raises BadInput `transcript-invalid` with the number of the block."""
    found = text.lstrip("\ufeff").strip() == "WEBVTT"
    for number, lines in enumerate(blocks(text)):
        if _ASIDE.match(lines[0]) and not any(times.SPAN.match(line) for line in lines):
            found = found or lines[0].startswith("WEBVTT")
            continue
        place = place_of_times(number, lines)
        if place is None:
            continue
        found = True
        start, end = times.span(place.match)
        yield from _voices("\n".join(place.body), start, end)
    if not found:
        raise bad("没有字幕时间行")


def _voices(body: str, start: int, end: int) -> Iterator[Sentence]:
    """A sentence for each voice in the cue; without voices 客户: at its head counts if it names a role."""
    pieces = _VOICE.split(body)
    yield from _sentence(pieces[0], None, "", start, end)
    for classes, name, raw in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        label = html.unescape(name).strip() if name else None
        yield from _sentence(raw, label, classes, start, end)


def _sentence(raw: str, label: str | None, classes: str, start: int, end: int) -> Iterator[Sentence]:
    said = _plain(raw)
    if not said:
        return
    doubt = MARKED if "suspect" in classes.split(".") else None
    if label is None:
        yield labelled(said, start, end)
    else:
        yield Sentence(said, start, end, label, words=_words(raw, start, end), doubt=doubt)


def _words(raw: str, start: int, end: int) -> tuple[Word, ...]:
    """The words between the timestamps of a cue; none where it has no timestamps."""
    pieces = _STAMP.split(raw)
    if len(pieces) == 1:
        return ()
    starts = [start, *(times.moment(m) for p in pieces[1::2] if (m := times.CLOCK.fullmatch(p)))]
    texts = [_plain(p) for p in pieces[::2]]
    ends = [*starts[1:], end]
    return tuple(Word(t, a, max(b, a)) for t, a, b in zip(texts, starts, ends, strict=True) if t)


def _plain(raw: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", raw)).split())
