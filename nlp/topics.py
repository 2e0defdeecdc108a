"""话题: which subjects were spoken of – what the follow-up decides "a contact about it" on, believed or not.

Products, permissions, institutions and types of them come from the lexicon, the others from
nlp/lexicon/frames/topics.yaml; sums of ten thousand yuan and more are talk of money, too. Flags are those of context
and dialogue, `asked` in a question, and `refused` where the customer turns the thing down.
"""

from collections.abc import Iterator

from dongke.types import Evidence, Speaker, TopicMention
from nlp import dialogue, facts, stance, values
from nlp.document import Document, Mark, Mention, Turn

#: kinds of mentions that are subjects by themselves
SUBJECTS = frozenset({"money", "product", "permission", "institution", "feedback", "churn", "promise"})
#: kinds that count under another name
ALIASES = {"place_type": "institution", "idle": "money"}
LEAST = 10_000  #: yuan; smaller sums are prices
_OWN = frozenset({"household"})  #: flags that are no reservation


def find(document: Document) -> tuple[TopicMention, ...]:
    """The subjects of the conversation in reading order, each place once."""
    found = {(t.kind, t.key, t.utterance, t.start): t for t in _all(document)}
    return tuple(sorted(found.values(), key=lambda t: (t.utterance, t.start, t.kind, t.key or "")))


def stranger(document: Document, turn: Turn) -> TopicMention:
    """That somebody else was on the line."""
    proof = facts.evidence(document, Mark(turn.index, 0, len(turn.text)))
    return _from(proof, "identity", "relative", ())


def _all(document: Document) -> Iterator[TopicMention]:
    for mention in document.mentions:
        kind = ALIASES.get(mention.kind, mention.kind)
        if kind in SUBJECTS:
            yield _topic(document, mention, kind)
    for turn in document.turns:
        if not turn.suspect:
            yield from _sums(document, turn)


def _sums(document: Document, turn: Turn) -> Iterator[TopicMention]:
    """Sums of money that stand in the turn."""
    for money in values.amounts(turn.text):
        if max(money.low or 0, money.high or 0) >= LEAST:
            proof = facts.evidence(document, Mark(turn.index, money.start, money.end))
            yield _from(proof, "money", None, ())


def _topic(document: Document, mention: Mention, kind: str) -> TopicMention:
    proof = facts.evidence(document, mention.mark)
    flags = set(mention.flags - _OWN)
    if kind in ("product", "permission") and mention.by_customer:
        around = stance.around(document, mention, list(document.of(mention.kind, turn=mention.turn)))
        if stance.judge(around).sign == "refuse":
            flags.add("refused")
    if dialogue.asks(document.turns[mention.turn].text):
        flags.add("asked")
    return _from(proof, kind, None if kind == "money" else mention.key, tuple(sorted(flags)))


def _from(proof: Evidence, kind: str, key: str | None, flags: tuple[str, ...]) -> TopicMention:
    return TopicMention(
        kind=kind,
        key=key,
        utterance=proof.utterance,
        start=proof.start,
        end=proof.end,
        speaker=Speaker(proof.speaker),
        quote=proof.quote,
        flags=flags,
    )
