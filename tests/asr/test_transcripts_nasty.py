"""Transcripts with something odd in any one place: refused with the place, or read, and then fit to be stored."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from asr import transcripts
from asr.finish import finish, masked
from asr.transcriber import Transcript
from asr.transcripts import Imported, Voices
from dongke.errors import BadInput

SHAPES = Path(__file__).parent / "transcripts"
NASTY = ("\0", "\ud83d", float("inf"), float("nan"), 10**400, "9" * 5000, [], {"a": 1})
OURS: dict[str, Any] = {
    "speaker": "advisor",
    "text": " 您好50萬",
    "start": 0,
    "end": 1.5,
    "doubt": "可疑",
    "words": [{"text": "您好", "start": 0, "end": 0.5, "p": 0.9}, {"text": "50萬", "start": 0.5, "end": 1, "p": 0.9}],
    "edits": [{"start": 0, "end": 1, "original": "x", "kind": "term"}],
    "role_confidence": 0.5,
}


def _shapes() -> Iterator[tuple[str, Any]]:
    yield "ours", {"utterances": [OURS]}
    for path in sorted(SHAPES.glob("*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:2]):
            yield from _places(inner, (*place, number))


def _with(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    if not place:
        return odd
    changed = deepcopy(value)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    return changed


@pytest.mark.parametrize(("name", "data"), list(_shapes()))
def test_whatever_stands_in_one_place_it_is_refused_or_can_be_stored(name: str, data: Any) -> None:
    read = 0
    for place in _places(data):
        for odd in NASTY:
            try:
                found = transcripts.read_json(_with(data, place, odd), Voices(0, 2))
            except BadInput:
                continue
            _can_be_stored(found)
            read += 1
    assert read > 10  # most fields are not needed


def _can_be_stored(found: Imported) -> None:
    stored = masked(finish(Transcript(found.turns, found.form))).to_json()
    text = json.dumps(stored, ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in text
    assert text.encode()


@pytest.mark.parametrize(
    "edit",
    [
        {"start": 0, "end": 9, "original": "x", "kind": "term"},
        {"start": -1, "end": 1, "original": "x", "kind": "term"},
        {"start": 2, "end": 1, "original": "x", "kind": "term"},
        {"start": 0, "end": 1, "original": 5, "kind": "term"},
        {"start": 0, "end": 1},
    ],
)
def test_a_log_that_does_not_fit_its_sentence_is_refused_with_the_place(edit: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"第 0 句 edits\[0\]"):
        transcripts.read_json({"utterances": [{"speaker": "customer", "text": "好的", "edits": [edit]}]})
