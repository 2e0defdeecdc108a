"""遮住的原话: words that prove a deleted or refused tag are blanked wherever a sentence or quote is shown (pure).

One utterance may prove several tags (二胎 and 五十万 in one breath): the sentence behind a tag that stays must not give
back the one that is gone. The blank is as long as the words, as with personal numbers (dongke/privacy.py), so every
offset stays true.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from profiles.facts import Quote, Statement

BLANK = "*"
Place = tuple[str, int]  #: conversation, utterance


@dataclass(frozen=True, slots=True)
class Blanks:
    """遮住的字: by utterance, where the words begin, and the words."""

    words: Mapping[Place, frozenset[tuple[int, str]]] = field(default_factory=dict)

    def of(self, conversation_id: str, utterance: int, text: str, start: int = 0) -> str:
        """The utterance, or the part of it that begins at `start`, without those words. Where another text stands now
        (the talk was written down anew) nothing is blanked."""
        for begins, gone in self.words.get((conversation_id, utterance), ()):
            low, high = max(begins, start), min(begins + len(gone), start + len(text))
            if low < high and _stands(gone[low - begins : high - begins], text[low - start : high - start]):
                text = text[: low - start] + BLANK * (high - low) + text[high - start :]
        return text

    def from_statement(self, said: Statement) -> Statement:
        """The statement with its quotes blanked."""
        if not any((q.conversation_id, q.utterance) in self.words for q in said.all_quotes):
            return said
        anchors = tuple(replace(a, evidence=self._quotes(a.evidence)) for a in said.anchors)
        return replace(said, evidence=self._quotes(said.evidence), anchors=anchors)

    def _quotes(self, quotes: Iterable[Quote]) -> tuple[Quote, ...]:
        return tuple(
            replace(q, quote=self.of(q.conversation_id, q.utterance, q.quote, q.start)) if q.start is not None else q
            for q in quotes
        )

    @staticmethod
    def together(several: "Iterable[Blanks]") -> "Blanks":
        """Those of several customers; each utterance is one customer's."""
        return Blanks({place: words for one in several for place, words in one.words.items()})


def blanks(statements: Iterable[Statement]) -> Blanks:
    """The words that prove these statements."""
    words: dict[Place, set[tuple[int, str]]] = defaultdict(set)
    for said in statements:
        for quote in said.all_quotes:
            if quote.start is not None:
                words[quote.conversation_id, quote.utterance].add((quote.start, quote.quote))
    return Blanks({place: frozenset(found) for place, found in words.items()})


def _stands(words: str, text: str) -> bool:
    """Whether the text is these words, of which some may be blanked already."""
    return all(shown in (word, BLANK) for word, shown in zip(words, text, strict=True))
