"""会话的事实: jargon and its explanations, offers, risk words, check-back questions, figures – by turn (pure).

The scorecards judge from here; a talk with a customer of unknown experience shows these and has no score.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from dongke.types import Speaker, Utterance
from followup.adherence.lexicon import Hit, Lexicon
from followup.adherence.stats import Stats, stats
from followup.history import Contact

Hits: TypeAlias = Mapping[int, Sequence[Hit]]  #: the terms in each of the advisor's turns


@dataclass(frozen=True, slots=True)
class Term:
    """一个术语 as the advisor used it first. `explained` is the turn that says what it means; `asked`: he was asked."""

    name: str
    turn: int
    words: str
    explained: int | None
    asked: bool
    known: bool  #: the customer had used it before him

    def to_json(self) -> dict[str, Any]:
        return {
            "term": self.name,
            "utterance": self.turn,
            "words": self.words,
            "explained_in": self.explained,
            "asked": self.asked,
            "known_to_customer": self.known,
        }


@dataclass(frozen=True, slots=True)
class Facts:
    """会话的事实 of one talk: turns are indexes of utterances."""

    turns: tuple[Utterance, ...]
    terms: tuple[Term, ...]
    uses: tuple[tuple[int, str], ...]  #: every use of a term by the advisor: (turn, term)
    offers: tuple[int, ...]
    risks: tuple[int, ...]
    forbidden: tuple[int, ...]
    check_backs: tuple[int, ...]
    lectures: tuple[int, ...]
    figures: tuple[int, ...]
    stats: Stats

    @property
    def advisor(self) -> tuple[int, ...]:
        """The advisor's turns."""
        return tuple(n for n, t in enumerate(self.turns) if t.speaker is Speaker.ADVISOR and t.text.strip())

    @property
    def foreign(self) -> tuple[Term, ...]:
        """Terms that the advisor brought, not the customer."""
        return tuple(t for t in self.terms if not t.known)

    @property
    def jargon_per_minute(self) -> float | None:
        return len(self.uses) / self.stats.minutes if self.stats.minutes else None

    @property
    def explained_share(self) -> float | None:
        """Of the terms that the advisor brought, how many he explained; None without any."""
        return sum(t.explained is not None for t in self.foreign) / len(self.foreign) if self.foreign else None

    def to_json(self) -> dict[str, Any]:
        rate, share = self.jargon_per_minute, self.explained_share
        return {
            "jargon": [t.to_json() for t in self.terms],
            "jargon_per_minute": None if rate is None else round(rate, 2),
            "explained_share": None if share is None else round(share, 2),
            "offers": list(self.offers),
            "risks": list(self.risks),
            "forbidden": list(self.forbidden),
            "check_backs": list(self.check_backs),
            "lectures": list(self.lectures),
            "figures": list(self.figures),
            "interaction": self.stats.to_json(),
        }


def facts_of(talk: Contact, words: Lexicon) -> Facts:
    """What stands in the talk. What the recogniser may have made up (`suspect`) says nothing."""
    turns = talk.utterances
    mine = [(n, t.text) for n, t in enumerate(turns) if t.speaker is Speaker.ADVISOR and not t.suspect]
    offered = {m.utterance for m in talk.mentions if m.kind == "product" and m.speaker is Speaker.ADVISOR}
    hits = {n: words.terms(text) for n, text in mine}
    uses = tuple((n, h.name) for n, found in hits.items() for h in found)
    return Facts(
        turns=turns,
        terms=tuple(_terms(turns, mine, hits, words)),
        uses=uses,
        offers=tuple(n for n, text in mine if words.offers(text) or (n in offered and words.has("offer", text))),
        risks=tuple(n for n, text in mine if words.warns(text)),
        forbidden=tuple(n for n, text in mine if words.promises(text)),
        check_backs=tuple(n for n, text in mine if words.has("check_back", text)),
        lectures=tuple(n for n, text in mine if words.has("lecture", text)),
        figures=tuple(n for n, text in mine if words.has("figures", text)),
        stats=stats(talk, words),
    )


def _terms(turns: Sequence[Utterance], mine: Sequence[tuple[int, str]], hits: Hits, words: Lexicon) -> Iterator[Term]:
    """Each term once, at the advisor's first use of it."""
    seen: set[str] = set()
    used = _customers_terms(turns, words)
    for n, text in mine:
        for hit in hits[n]:
            if hit.name not in seen:
                seen.add(hit.name)
                explained, asked = _explained(turns, mine, hits, hit, n, words)
                yield Term(hit.name, n, text[hit.start : hit.end], explained, asked, used.get(hit.name, n) < n)


def _customers_terms(turns: Sequence[Utterance], words: Lexicon) -> Mapping[str, int]:
    """Where the customer himself used a term as one who knows it: 什么是久期 does not."""
    found: dict[str, int] = {}
    for n, t in enumerate(turns):
        if t.speaker is Speaker.CUSTOMER and not words.has("asks_meaning", t.text):
            for hit in words.terms(t.text):
                found.setdefault(hit.name, n)
    return found


def _explained(
    turns: Sequence[Utterance], mine: Sequence[tuple[int, str]], hits: Hits, hit: Hit, first: int, words: Lexicon
) -> tuple[int | None, bool]:
    """(the turn that explains the term, whether the customer had asked). In a turn that uses it, in the advisor's next
    sentence, or in his answer to 那是什么."""
    for n, text in mine:
        for use in (h for h in hits[n] if n >= first and h.name == hit.name):
            if words.explains(text, use):
                return n, _was_asked(turns, n, words)
    following = next(((n, text) for n, text in mine if n > first), None)
    if following is None:
        return None, False
    n, text = following
    asked = _was_asked(turns, n, words)
    tells = asked or (n == first + 1 and words.explains_after.match(text) is not None)
    return (n, asked) if tells else (None, asked)


def _was_asked(turns: Sequence[Utterance], n: int, words: Lexicon) -> bool:
    """Whether the customer asked what it means just before that turn."""
    return n > 0 and turns[n - 1].speaker is Speaker.CUSTOMER and words.has("asks_meaning", turns[n - 1].text)
