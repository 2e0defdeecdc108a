"""话题: which subjects were spoken of – what the follow-up decides "a contact about it" on, believed or not."""

from dongke.types import Evidence, Speaker, TopicMention
from nlp import facts
from nlp.document import Document, Mark, Mention, Turn

#: kinds of mentions that are subjects by themselves
SUBJECTS = frozenset({"money", "product", "permission", "institution", "feedback", "churn", "promise"})


def find(document: Document) -> tuple[TopicMention, ...]:
    """The subjects of the conversation in reading order."""
    return tuple(_topic(document, m) for m in document.mentions if m.kind in SUBJECTS)


def stranger(document: Document, turn: Turn) -> TopicMention:
    """That somebody else was on the line."""
    proof = facts.evidence(document, Mark(turn.index, 0, len(turn.text)))
    return _from(proof, "identity", "relative", ())


def _topic(document: Document, mention: Mention) -> TopicMention:
    proof = facts.evidence(document, mention.mark)
    key = mention.key if mention.kind != "money" else None
    return _from(proof, mention.kind, key, tuple(sorted(mention.flags)))


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
