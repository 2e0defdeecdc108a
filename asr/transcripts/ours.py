"""我们自己的 JSON: the conversation of the tag contract (docs/tags.md) with words, doubts, edits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from asr.cleanup import safe
from asr.transcriber import Edit, Turn, Word
from asr.transcripts.core import MARKED, Sentence, bad, milliseconds, number_of, optional_ms, rows_of, text_of
from dongke.types import Conversation, Speaker

FORM = "dongke"
_ROLES = {s.value for s in Speaker}


def write(conversation: Conversation, turns: Sequence[Turn] = (), mark: str = "") -> str:
    """The contract's line, on several lines; with the turns that it was made of also words, doubts and edits. `mark`
    is its `source`."""
    row = ({"source": mark} if mark else {}) | conversation.to_json()
    for utterance, turn in zip(row["utterances"], turns, strict=False):
        utterance |= _more(turn)
    return json.dumps(row, ensure_ascii=False, indent=1) + "\n"


def fits(data: Any) -> bool:
    """Whether this is our own JSON."""
    if not isinstance(data, Mapping) or not isinstance(data.get("utterances"), list):
        return False
    return all(isinstance(u, Mapping) and str(u.get("speaker")) in _ROLES for u in data["utterances"])


def read(data: Any) -> Iterator[Sentence]:
    """The utterances, in their order and with their blanks. Raises BadInput `transcript-invalid`."""
    for number, row in enumerate(rows_of(data["utterances"], "utterances")):
        place = f"第 {number} 句"
        yield Sentence(
            text=text_of(row, "text", place),
            start_ms=optional_ms(row, "start", 1000, place),
            end_ms=optional_ms(row, "end", 1000, place),
            label=Speaker(row["speaker"]),
            words=tuple(_words(row.get("words"), place)),
            doubt=_doubt(row),
            edits=tuple(_edits(row, place)),
            role_confidence=_confidence(row.get("role_confidence")),
        )


def _more(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if turn.words:
        row["words"] = [
            {"text": w.text, "start": w.start_ms / 1000, "end": w.end_ms / 1000, "p": round(w.probability, 3)}
            for w in turn.words
        ]
    if turn.doubt is not None:
        row["doubt"] = turn.doubt
    if turn.edits:
        row["edits"] = [e.to_json() for e in turn.edits]
    if turn.role_confidence is not None:
        row["role_confidence"] = round(turn.role_confidence, 3)
    return row


def _doubt(row: Mapping[str, Any]) -> str | None:
    doubt = row.get("doubt")
    if isinstance(doubt, str) and doubt:
        return safe(doubt)
    return MARKED if row.get("suspect") else None


def _words(value: Any, place: str) -> Iterator[Word]:
    if value is None:
        return
    for n, row in enumerate(rows_of(value, f"{place} words")):
        where = f"{place} words[{n}]"
        start, end = (milliseconds(row.get(key), 1000, f"{where}: {key}") for key in ("start", "end"))
        yield Word(text_of(row, "text", where), start, end, number_of(row.get("p"), 1.0))


def _confidence(value: Any) -> float | None:
    sure = number_of(value, -1.0)
    return sure if 0 <= sure <= 1 else None


def _edits(row: Mapping[str, Any], place: str) -> Iterator[Edit]:
    if row.get("edits") is None:
        return
    for n, edit in enumerate(rows_of(row["edits"], f"{place} edits")):
        start, end, original, kind = (edit.get(key) for key in ("start", "end", "original", "kind"))
        if not (
            isinstance(start, int) and isinstance(end, int) and isinstance(original, str) and isinstance(kind, str)
        ):
            raise bad(f"{place} edits[{n}] 不完整")
        if not 0 <= start <= end <= len(row["text"]):
            raise bad(f"{place} edits[{n}] 不在这句话里")
        yield Edit(start, end, safe(original), safe(kind))
