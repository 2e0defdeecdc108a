"""画像: one customer at one moment, as it is shown – contradictions first (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dongke.clock import beijing
from profiles.attention import Line
from profiles.beliefs import Status, Tag
from profiles.crosscheck import Contradiction
from profiles.features import Feature
from profiles.labels import categories, category, label, tag_label, value_text
from profiles.rights.fold import refusal_text
from profiles.suitability.assessment import Suitability
from profiles.suitability.marks import of_tag

SOURCES = {"spoken": "客户亲口说", "corrected": "人工更正"}
_CONTACT = {"time": "best_contact_time", "channel": "best_channel"}
_SHOWN_FIRST = (Status.ACTIVE, Status.CONTRADICTED, Status.SUSPENDED, Status.EXPIRED, Status.REMOVED)


@dataclass(frozen=True, slots=True)
class Profile:
    """画像 as of a moment, from what was known by another."""

    customer_id: str
    members: tuple[str, ...]
    as_of: datetime
    known_at: datetime
    tags: tuple[Tag, ...]
    static: Mapping[str, Any]
    behaviour: Mapping[str, Feature]
    suitability: Suitability
    contradictions: tuple[Contradiction, ...]
    three_lines: tuple[Line, ...]
    next_question: Line | None
    parameters_version: str
    refused: frozenset[str] = frozenset()  #: purposes of processing that he refuses

    @property
    def today(self) -> date:
        return beijing(self.as_of).date()

    def to_json(self) -> dict[str, Any]:
        """The page of the customer: the same facts and times give the same text, byte for byte."""
        shown = sorted(self.tags, key=lambda t: (_SHOWN_FIRST.index(t.status), -t.strength, t.tag, t.id))
        marks = suggestions(self)
        return {
            "customer": self.customer_id,
            "members": list(self.members),
            "as_of": beijing(self.as_of).isoformat(),
            "known_at": beijing(self.known_at).isoformat(),
            "contradictions": [c.to_json() for c in self.contradictions],
            "three_lines": [_line_json(line, marks) for line in self.three_lines],
            "next_question": _line_json(self.next_question, marks) if self.next_question else None,
            "tags": [tag_json(t, self) | {"suitability": marks.get(t.id)} for t in shown],
            "categories": _by_category(shown),
            "contact": {name: self.behaviour[f].to_json() for name, f in _CONTACT.items() if f in self.behaviour},
            "static": _static_json(self.static),
            "behaviour": {name: f.to_json() for name, f in self.behaviour.items()},
            "suitability": self.suitability.to_json(),
            "rights": {"refused": sorted(self.refused), "text": refusal_text(self.refused)},
            "parameters_version": self.parameters_version,
        }


def suggestions(profile: Profile) -> dict[str, dict[str, Any]]:
    """可否推荐, by tag id: of every wish and sum that an advisor would answer with a product or a permission."""
    made = {t.id: of_tag(t.tag, t.value, profile.suitability) for t in profile.tags if t.is_live and t.is_affirmed}
    return {ident: mark.to_json() for ident, mark in made.items() if mark}


def _line_json(line: Line, marks: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    return line.to_json() | {"suitability": marks.get(line.tag_id or "")}


def tag_json(tag: Tag, profile: Profile) -> dict[str, Any]:
    """One tag as the page and the API show it."""
    words = value_text(tag.tag, tag.polarity, tag.value, profile.today)
    return {
        "id": tag.id,
        "tag": tag.tag,
        "label": tag_label(tag.tag),
        "category": category(tag.tag),
        "polarity": tag.polarity,
        "value": dict(tag.value),
        "value_text": words,
        "text": f"{tag_label(tag.tag)} {words}",
        "status": tag.status.value,
        "reason": tag.reason,
        "strength": tag.strength,
        "confidence": tag.confidence,
        "said_at": beijing(tag.said_at).isoformat(),
        "age_days": (profile.today - beijing(tag.said_at).date()).days,
        "source": tag.source,
        "source_text": SOURCES.get(tag.source, tag.source),
        "holder": tag.statements[-1].holder,
        "certainty": tag.statements[-1].certainty,
        "told_times": len(tag.statements),
        "evidence": [quote.to_json() for quote in tag.quotes],
        "support": [support.to_json() for support in tag.supports],
        "explanation": _explanation(tag),
        "corrections": [verdict.to_json() for verdict in tag.corrections],
        "opposed_by": tag.opposed_by,
    }


def _by_category(shown: Sequence[Tag]) -> list[dict[str, Any]]:
    """The parts of the card in their order, with the tags that hold (or ask for a word) and stand on each."""
    return [
        {"name": name, "tag_ids": [t.id for t in shown if t.status is not Status.REMOVED and category(t.tag) == name]}
        for name in categories()
    ]


def current_tags(tags: Sequence[Tag]) -> list[dict[str, Any]]:
    """The tags as a replay writes them: tag, polarity, value, status, strength, said_at."""
    return [
        {
            "tag": t.tag,
            "polarity": t.polarity,
            "value": dict(t.value),
            "status": t.status.value,
            "strength": t.strength,
            "said_at": beijing(t.said_at).isoformat(),
        }
        for t in tags
    ]


def _explanation(tag: Tag) -> dict[str, Any]:
    """Why the tag stands: which rule said so, in which words, and what supports it."""
    given = tag.statements[-1].explanation or {}
    steps = [str(step) for step in given.get("steps", ())]
    talks = len({s.conversation_id for s in tag.statements})
    parts = [f"“{tag.quotes[-1].quote}”" if tag.quotes else "", *steps]
    parts += [f"{talks}次会话说过"] if talks > 1 else []
    parts += [s.text for s in tag.supports] + ([tag.reason] if tag.reason else [])
    return {
        "text": "; ".join(part for part in parts if part),
        "recognizer": given.get("recognizer", ""),
        "rule": given.get("rule", ""),
        "version": given.get("version", ""),
        "steps": steps,
    }


def _static_json(static: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(sorted(static.items()))
    if "permissions" in shown:
        shown["permission_labels"] = [label("permission", code) for code in shown["permissions"] or ()]
    return shown
