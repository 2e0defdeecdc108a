"""补值: from what the model read in which turns to a candidate with all its slots; the values are read by the same
code that the rules use."""

from collections.abc import Mapping, Sequence
from typing import Any

from dongke.types import Polarity
from nlp import values
from nlp.document import Candidate, Document, Mark, Mention, Turn
from nlp.evaluation import MAIN
from nlp.learned.model import TAGS, Label
from nlp.recognizers import contact_time, due, external, funds, returns

RECOGNIZER, VERSION = "learned", "1"


def complete(document: Document, label: Label, turns: Sequence[int], mention: Mention | None) -> Candidate | None:
    """The candidate that the turns would prove; None where a value that it cannot do without is missing."""
    value = _value(document, label, turns, mention)
    if value is None:
        return None
    marks = [Mark(turn, 0, len(document.turns[turn].text)) for turn in turns]
    if mention is not None and mention.turn not in turns:
        marks.append(mention.mark)
    return Candidate(
        tag=label.tag,
        value=value,
        marks=tuple(sorted(marks, key=lambda m: (m.turn, m.start))),
        rule="learned",
        polarity=Polarity(label.polarity),
        holder="advisor" if label.tag == "commitment.advisor" else "customer",
        recognizer=RECOGNIZER,
        version=VERSION,
        said_at=max(turns),
    )


def _value(document: Document, label: Label, turns: Sequence[int], mention: Mention | None) -> Mapping[str, Any] | None:
    affirmed = label.polarity == "affirmed"
    said = [document.turns[number] for number in turns]
    if label.tag in ("intent.product", "intent.permission", "contact.channel") and mention is not None:
        return {MAIN[label.tag][0]: mention.key}
    if label.tag == TAGS["institution"]:
        return external.value_at(document, mention) if mention is not None else external.nothing(label.main[0])
    if label.tag == funds.TAG:
        return funds.value_at(document, turns) if affirmed else {"low": None, "high": None, "available_from": None}
    if label.tag == contact_time.TAG:
        return contact_time.value_at(document, said, label.main[0], affirmed)
    if label.tag == returns.TAG:
        return returns.value_at(said)
    if label.tag == "commitment.advisor":
        return {"action": label.main[0], "due_date": _due(document, said)}
    return dict(zip(MAIN[label.tag], label.main, strict=True))


def _due(document: Document, said: Sequence[Turn]) -> str | None:
    return next((values.iso(day) for t in reversed(said) if (day := due.of(document, t.index))), None)
