"""改动: changes a turn's text and keeps its words, their times and every original.

A turn's words, put together, are its text; they stay so. What stood somewhere first is never lost: a second change at
one place keeps the engine's own writing as the original.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from asr.transcriber import Edit, Turn, Word


@dataclass(frozen=True, slots=True)
class Change:
    """What is to stand at [start, end) of a text; both equal where something is put in."""

    start: int
    end: int
    new: str


def rewrite(turn: Turn, changes: Iterable[Change], kind: str) -> Turn:
    """The turn with these changes, which must not overlap. `kind` names them in the log: see `Edit`."""
    for change in sorted(changes, key=lambda c: c.start, reverse=True):
        if turn.text[change.start : change.end] != change.new:
            turn = _changed(turn, change, kind)
    return turn


def _changed(turn: Turn, change: Change, kind: str) -> Turn:
    text = turn.text[: change.start] + change.new + turn.text[change.end :]
    return replace(turn, text=text, words=_words(turn, change), edits=_logged(turn, change, kind))


def _logged(turn: Turn, change: Change, kind: str) -> tuple[Edit, ...]:
    """The log with the change in it. Older edits that it touches become one with it, with their originals."""
    touched = [e for e in turn.edits if e.start < change.end and change.start < e.end]
    start = min([change.start, *(e.start for e in touched)])
    end = max([change.end, *(e.end for e in touched)])
    grown = len(change.new) - (change.end - change.start)
    before = [e for e in turn.edits if e.end <= start and e not in touched]
    after = [e for e in turn.edits if e not in touched and e not in before]
    new = Edit(start, end + grown, _original(turn.text, touched, start, end), kind)
    return (*before, new, *(replace(e, start=e.start + grown, end=e.end + grown) for e in after))


def _original(text: str, touched: list[Edit], start: int, end: int) -> str:
    """What the engine gave for [start, end)."""
    parts, place = [], start
    for edit in touched:
        parts += [text[place : edit.start], edit.original]
        place = edit.end
    return "".join((*parts, text[place:end]))


def _words(turn: Turn, change: Change) -> tuple[Word, ...]:
    """The words after the change. The first word that it touches takes the new text; one that loses all of its text
    gives its time to that one. Where the length stays, every word keeps its characters. Words that do not spell the
    text cannot follow it and stay as they are."""
    if "".join(w.text for w in turn.words).strip() != turn.text:
        return turn.words
    place = _lead(turn.words)
    edges = [-place]
    for word in turn.words:
        edges.append(edges[-1] + len(word.text))
    same = len(change.new) == change.end - change.start
    kept: list[Word] = []
    given = False
    for word, first, last in zip(turn.words, edges, edges[1:], strict=False):
        low, high = max(first, change.start), min(last, change.end)
        inside = low < high or (change.start == change.end == last and not given)
        if not inside:
            kept.append(word)
            continue
        new = change.new[low - change.start : high - change.start] if same else "" if given else change.new
        text = word.text[: low - first] + new + word.text[max(high, low) - first :]
        if text or not kept:
            kept.append(replace(word, text=text))
        else:
            kept[-1] = _grown(kept[-1], word)
        given = True
    return tuple(kept)


def _lead(words: tuple[Word, ...]) -> int:
    """How many blanks the words have before the text begins."""
    joined = "".join(w.text for w in words)
    return len(joined) - len(joined.lstrip())


def _grown(word: Word, swallowed: Word) -> Word:
    return replace(word, end_ms=swallowed.end_ms, probability=min(word.probability, swallowed.probability))
