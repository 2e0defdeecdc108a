"""读会话: every step from words to tags, in order. Read this file first.

clean → who is on the line → mentions (named things, frames) → context → dialogue → recognizers → one tag per fact →
what annotated talks teach: a verdict on each tag, and tags that the rules overlooked.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dongke.types import Channel, Conversation, Reading, Speaker, TagAssertion, TopicMention, Utterance
from nlp import clauses, context, dialogue, entities, facts, frames, registry, roles, topics
from nlp.classifier import Classifier, second_opinion
from nlp.clean import clean
from nlp.document import Candidate, Document, Mention, Turn
from nlp.learned import verdict

_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)  #: mentions carry no dates


def analyze(conversation: Conversation) -> list[TagAssertion]:
    """The tags that the conversation proves, one per fact, in the order in which they were said."""
    return list(read(conversation).assertions)


def analyze_by_rules(conversation: Conversation) -> list[TagAssertion]:
    """What the rules alone would assert, before the verdict."""
    document = prepare(conversation)
    if roles.stranger(document.turns) is not None:
        return []
    return list(facts.assertions(document, facts.fold(candidates(document))))


def read(conversation: Conversation, classifier: Classifier | None = None) -> Reading:
    """Everything found in one conversation: tags, topic mentions, and notes on what was overruled as a whole.

    A classifier (nlp/classifier.py) of the broker's own weighs the tags once more; it makes none.
    """
    document = prepare(conversation)
    version = engine_version(classifier)
    mentions = topics.find(document)
    stranger = roles.stranger(document.turns)
    if stranger is not None:
        note = f"接听人不是客户, 不打标签 (第 {stranger.index} 句: {stranger.raw[:30]})"
        identity = topics.stranger(document, stranger)
        return Reading((), (identity, *mentions), version, (note,))
    decided = verdict.default().decide(document, facts.fold(candidates(document)))
    assertions = facts.assertions(document, decided)
    if classifier is not None:
        assertions = second_opinion(conversation, assertions, classifier)
    return Reading(assertions, mentions, version)


def engine_version(classifier: Classifier | None = None) -> str:
    """What is stored with a reading: the rules' version, and the classifier's where there is one."""
    return registry.engine_version() + (f"+{classifier.version}" if classifier else "")


def read_text(text: str, speaker: Speaker) -> tuple[TopicMention, ...]:
    """What a piece of writing speaks of, in the words of one person: a visit note makes mentions, never tags."""
    return topics.find(prepare(Conversation("note", Channel.CHAT, _NO_TIME, (Utterance(speaker, text),))))


def prepare(conversation: Conversation) -> Document:
    """The document that the recognizers read."""
    turns = tuple(_turn(n, u) for n, u in enumerate(conversation.utterances))
    found = [m for turn in turns if not turn.suspect for m in _mentions(turn)]
    answers = dialogue.replies(turns)
    mentions = dialogue.apply(turns, found, answers)
    return Document(conversation, turns, mentions, answers, dialogue.prompts(turns))


def candidates(document: Document) -> Iterator[Candidate]:
    """What every recognizer would assert, signed with its name and version."""
    for recognizer in registry.RECOGNIZERS:
        for candidate in recognizer.find(document):
            yield replace(candidate, recognizer=recognizer.name, version=recognizer.version)


def _turn(index: int, utterance: Utterance) -> Turn:
    text, origin = clean(utterance.text)
    return Turn(
        index=index,
        speaker=utterance.speaker,
        raw=utterance.text,
        text=text,
        origin=origin,
        clauses=clauses.split(text),
        suspect=utterance.suspect,
    )


def _mentions(turn: Turn) -> list[Mention]:
    found = [*entities.find(turn), *frames.find(turn)]
    return context.apply(turn, sorted(found, key=lambda m: (m.start, m.end)))
