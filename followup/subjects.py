"""主题: which utterances of a talk name the subject of an opportunity. Pure; works on mentions first, words second."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from dongke.types import Polarity, Speaker, TopicMention
from followup.history import Contact, Said
from followup.playbooks import Playbook

#: what belongs to others names nothing
ALIEN = frozenset({"other_holder", "relative_on_line"})
MAX_NOTED = 18  #: characters; a longer answer says something
_NOTED = re.compile(
    r"记(下|住|录|着)|登记|知道|明白|收到|听到|有数|"
    r"(?<![不想要更多先])(清楚|了解)(?![的一下过到])"  # 想了解的, 了解一下: there is more to say
)
_TELLS_MORE = re.compile(
    r"[?？]|吗|呢|怎么|什么|多少|几|哪|要不要|能不能|行不行|[0-9一二三四五六七八九十百千万]|两(?!融)"
)
_SUFFIX = re.compile(r"(证券|银行|保险|人寿|基金|信托|财富|期货|理财|国际)$")
_NO_CONTENT = re.compile(
    r"[^\u4e00-\u9fffA-Za-z]+|[你我他她它们咱您俺的地得了是在有不没这那哪就都也还很太老最更好再又才只用要想会能可以说去来到给个一把被让和跟与或"
    r"吗呢吧啊呀嘛哦嗯哎诶什么怎样多少几些点天时候先请谢对行真该应每当为从向往上下里外前后中大小两二三四五六七八九十百千万]|"
    r"现在|今天|明天|知道|觉得|问题|东西|事情|情况|准备|全部|目前|一直|需要|客户|你们|我们|这边|那边|证券|公司|希望|考虑|打算|如果|因为|所以|但是|感觉|已经|比较|"
    r"电话|联系|聊|看看|根本|反映|反馈|意见|处理|解决|收到"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """一条商机的主题: its rule, key and slots, and the talk that opened it."""

    playbook: Playbook
    key: str | None
    said: Said
    opening: Contact
    event: str | None = None  #: the event that opened it: then there are no words, and `opening` stands for its time


def named(subject: Subject, contact: Contact, *, spoken_of: bool = True) -> dict[Speaker, list[int]]:
    """Utterance indexes, by speaker, that name the subject. To note it down (两融我记下了) is not to speak of it,
    unless any naming will do (`spoken_of` false).
    """
    indexes = set(_by_mentions(subject, contact.mentions)) | set(_by_words(subject, contact))
    found: dict[Speaker, list[int]] = {Speaker.ADVISOR: [], Speaker.CUSTOMER: []}
    for index in sorted(indexes):
        turn = contact.utterances[index] if index < len(contact.utterances) else None
        if turn is not None and not turn.suspect and not (spoken_of and notes_down(turn.text)):
            found[turn.speaker].append(index)
    return found


def notes_down(text: str) -> bool:
    """Whether an utterance says no more than that it was heard."""
    return bool(_NOTED.search(text)) and len(text) <= MAX_NOTED and not _TELLS_MORE.search(text)


def foreign(subject: Subject, contact: Contact, index: int, kinds: Collection[str] | None = None) -> bool:
    """Whether that utterance names another product, permission, institution or complaint, and not this subject."""
    kinds = subject.playbook.about.others if kinds is None else kinds
    here = [m for m in contact.mentions if m.utterance == index and m.kind in kinds]
    return bool(here) and not any(speaks_of(subject, m) for m in here)


def speaks_of(subject: Subject, mention: TopicMention) -> bool:
    """Whether a mention is one of the subject, or a wider word for it (基金 for a bond fund)."""
    return is_about(subject, mention) or subject.key in subject.playbook.about.covers.get(mention.key or "", ())


def is_about(subject: Subject, mention: TopicMention) -> bool:
    """Whether a mention is one of the subject."""
    about = subject.playbook.about
    if not ALIEN.isdisjoint(mention.flags):
        return False
    if mention.kind in about.kinds or (mention.kind, mention.key) in _reasons(subject):
        return True
    if mention.kind in about.keyed and _covers(subject, mention.key):
        return True
    if any((mention.kind, mention.key) == (a.kind, a.key) for a in about.also.get(subject.key or "", ())):
        return True
    slot = about.same_slots.get(mention.kind)
    return slot is not None and mention.key is not None and mention.key == subject.said.value.get(slot)


def _covers(subject: Subject, key: str | None) -> bool:
    return key is not None and (key == subject.key or key in subject.playbook.about.covers.get(subject.key or "", ()))


def _reasons(subject: Subject) -> set[tuple[str, str | None]]:
    kinds = subject.playbook.about.opening_kinds
    return {(m.kind, m.key) for m in subject.opening.mentions if m.kind in kinds and m.speaker is Speaker.CUSTOMER}


def _by_mentions(subject: Subject, mentions: Iterable[TopicMention]) -> Iterator[int]:
    return (m.utterance for m in mentions if is_about(subject, m))


def _by_words(subject: Subject, contact: Contact) -> Iterator[int]:
    own, general = _own_words(subject), subject.playbook.about.words
    for index, utterance in enumerate(contact.utterances):
        if _of_others(subject, contact, index):
            continue
        if any(p.search(utterance.text) for p in own):
            yield index
        elif general.search(utterance.text) and not foreign(subject, contact, index, subject.playbook.about.keyed):
            yield index


def _of_others(subject: Subject, contact: Contact, index: int) -> bool:
    """Whether the reader found there only other people's matters of this kind (我同事买了量化)."""
    kinds = {*subject.playbook.about.keyed, *subject.playbook.about.kinds}
    here = [m for m in contact.mentions if m.utterance == index and m.kind in kinds]
    return bool(here) and all(not ALIEN.isdisjoint(m.flags) for m in here)


def _own_words(subject: Subject) -> list[re.Pattern[str]]:
    """Patterns of this very key; for keys that are names, the name; where the rule says so, the opening's own words."""
    about = subject.playbook.about
    keys = (subject.key or "", *about.covers.get(subject.key or "", ()))
    found = [about.key_words[k] for k in keys if k in about.key_words]
    words: set[str] = set()
    if about.key_names and subject.key and not subject.key.isascii():
        words |= {subject.key, _SUFFIX.sub("", subject.key)}
    if about.echo:
        words |= content_words(subject)
    if words := {w for w in words if len(w) > 1}:
        found.append(re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True)))))
    return found


def content_words(subject: Subject) -> set[str]:
    """The content of the customer's opening evidence, as pairs of characters."""
    words = set()
    for index in subject.said.evidence:
        if index < len(subject.opening.utterances):
            utterance = subject.opening.utterances[index]
            if utterance.speaker is Speaker.CUSTOMER:
                words |= pairs(utterance.text)
    return words


def pairs(text: str) -> set[str]:
    """Pairs of neighbouring characters, without those of function words."""
    return {run[n : n + 2] for run in _NO_CONTENT.split(text) for n in range(len(run) - 1)}


def negates(subject: Subject, said: Said, tags: tuple[str, ...]) -> bool:
    """Whether the tag takes back this very subject (same key, or a wider one that covers it)."""
    if said.polarity is not Polarity.NEGATED or said.tag not in tags:
        return False
    key = subject.playbook.key_of(said.value)
    return key == subject.key or (subject.key or "") in subject.playbook.refuse.covers.get(key or "", ())
