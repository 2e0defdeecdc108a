"""归并: candidates → one tag per fact with all its evidence; what was said last stands."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dongke.types import Evidence, Explanation, TagAssertion
from nlp import dialogue
from nlp.document import Candidate, Document, Mark, Turn

#: which slots tell two facts of one tag apart; the others are completed from all candidates
KEYS: Mapping[str, tuple[str, ...]] = {
    "funds.idle": (),
    "assets.external": ("institution_type", "institution"),
    "intent.product": ("product",),
    "intent.permission": ("permission",),
    "risk.appetite": (),
    "experience.level": (),
    "expectation.return": (),
    "expectation.horizon": (),
    "family.clue": ("clue",),
    "contact.time": ("kind", "days", "date", "from", "to"),
    "contact.channel": ("channel",),
    "contact.busy": (),
    "voice.feedback": ("topic", "sentiment"),
    "churn.risk": ("action",),
    "commitment.advisor": ("action", "due_date"),
}
TELLING = 6  #: characters; a shorter quote is shown with the clause around it
BORDERS = "，。？！；"
#: tags whose recognizer has settled by itself which facts are distinct: only equal values are joined
SETTLED = frozenset({"funds.idle", "assets.external"})


def fold(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate per fact, in the order in which they were first said."""
    groups: dict[tuple[Any, ...], Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: (c.order, c.tag, c.rule)):
        key = _key(candidate)
        known = groups.get(key)
        groups[key] = candidate if known is None else _join(known, candidate)
    return in_order(groups.values())


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """In the order in which they were first said."""
    return sorted(candidates, key=lambda c: (min(m.turn for m in c.marks), c.tag))


def assertions(document: Document, candidates: Iterable[Candidate]) -> tuple[TagAssertion, ...]:
    """The candidates with their words."""
    return tuple(_assertion(document, candidate) for candidate in candidates)


def _key(candidate: Candidate) -> tuple[Any, ...]:
    slots = candidate.value if candidate.tag in SETTLED else KEYS[candidate.tag]
    parts = tuple((name, repr(candidate.value.get(name))) for name in slots)
    split = (candidate.polarity,) if candidate.tag in SETTLED or _keeps(candidate) else ()
    return (candidate.tag, *parts, *split)


def _keeps(candidate: Candidate) -> bool:
    """Contact times affirmed and negated stand beside each other; elsewhere the last word wins."""
    return candidate.tag == "contact.time"


def _join(old: Candidate, new: Candidate) -> Candidate:
    """The later candidate's word with the evidence of both; a change of mind drops the earlier evidence."""
    if old.polarity is not new.polarity:
        step = f"改口: 先前 {old.rule} ({old.polarity.value}) 作废"
        return replace(new, steps=(*new.steps, step))
    marks = tuple(dict.fromkeys((*old.marks, *new.marks)))
    same = dict(old.value) == dict(new.value)
    steps = (*old.steps, *new.steps) if same else (*new.steps, f"更正: 先前 {dict(old.value)}")
    best = max(old.confidence, new.confidence)
    return replace(new, marks=marks, steps=tuple(dict.fromkeys(steps)), confidence=min(0.99, best + 0.02))


def _assertion(document: Document, candidate: Candidate) -> TagAssertion:
    return TagAssertion(
        tag=candidate.tag,
        polarity=candidate.polarity,
        value=dict(candidate.value),
        evidence=tuple(evidence(document, mark) for mark in _joined(document, _shown(document, candidate.marks))),
        confidence=round(candidate.confidence, 3),
        explanation=Explanation(candidate.recognizer, candidate.version, candidate.rule, candidate.steps),
        holder=candidate.holder,
        certainty=candidate.certainty,
    )


def _shown(document: Document, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """The marks with the question that each answers, so that a reader can follow."""
    turns = {mark.turn for mark in marks}
    shown = list(marks)
    for number in sorted(turns):
        turn = document.turns[number]
        before = document.prompt(number)
        if turn.by_customer and before is not None and before.index == number - 1:
            if before.index not in turns and dialogue.asks(before.text):
                shown.append(Mark(before.index, 0, len(before.text)))
    return tuple(sorted(dict.fromkeys(shown), key=lambda m: (m.turn, m.start, m.end)))


def _joined(document: Document, marks: tuple[Mark, ...]) -> list[Mark]:
    """The marks as they are shown, those that overlap as one: a reader wants each word once."""
    joined: list[Mark] = []
    for mark in sorted((_in_context(document.turns[m.turn], m) for m in marks), key=lambda m: (m.turn, m.start)):
        last = joined[-1] if joined else None
        if last is not None and last.turn == mark.turn and mark.start < last.end:
            joined[-1] = replace(last, end=max(last.end, mark.end))
        else:
            joined.append(mark)
    return joined


def _in_context(turn: Turn, mark: Mark) -> Mark:
    """The clause around a bare word: 股票 alone proves nothing to a reader, 股票就算了 does."""
    if mark.end - mark.start >= TELLING:
        return mark
    around = [(a, b) for a, b in turn.clauses if a < mark.end and b > mark.start]
    start = min([mark.start, *(a for a, _ in around)])
    end = max([mark.end, *(b for _, b in around)])
    return replace(mark, start=start, end=start + len(turn.text[start:end].rstrip(BORDERS)))


def evidence(document: Document, mark: Mark) -> Evidence:
    """The words in the stored text that a mark points at."""
    turn = document.turns[mark.turn]
    utterance = document.conversation.utterances[mark.turn]
    mark = _in_context(turn, mark)
    start, end = turn.raw_span(mark.start, min(mark.end, max(len(turn.text), 1)))
    return Evidence(
        utterance=mark.turn,
        start=start,
        end=end,
        speaker=turn.speaker,
        quote=turn.raw[start:end],
        start_ms=utterance.start_ms,
        end_ms=utterance.end_ms,
    )
