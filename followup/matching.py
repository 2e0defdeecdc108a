"""触达与商机的匹配: is this talk by the right person, long enough, later than the opening, and about the subject in the
words of both sides? Is it a refusal? Does an event win it? Pure; every answer names utterances.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from dongke.types import Channel, Speaker, Utterance
from followup.history import Contact, Event, History, Said, VisitNote
from followup.playbooks import Discharge, EventRule, Playbook
from followup.subjects import Subject, foreign, named, negates, notes_down, pairs, speaks_of
from profiles.institutions import is_same

_FILLER = re.compile(
    r"[^\u4e00-\u9fffA-Za-z0-9]+|嗯+|哦+|噢+|啊+|呃+|哎|诶|唉|喂|好的?|行吧?|对的?|是的?|知道了?|明白了?|了解了?|收到了?|可以|谢谢|再见|拜拜|没事|您好|你好|记下了?|辛苦了?|那就这样|先这样|再说吧?|吧|呢|了"
)
_EVADES = re.compile(
    r"在忙|开会|开车|不方便|没空|没时间|改天|(?<!到了)(?<!到期)(?<!时候)再说|先挂|挂了|回头|以后再|下次(再|吧|说|聊|打|$)|忙着|听不清|信号不好|打错|接个电话|有事先|不需要|没兴趣|别打|不说了|再联系|转人工|"
    r"接(孩子|娃|小孩|人)|吃饭|睡觉|遛|堵车|地铁上|路上|高铁|医院|[高中]考(?!试)|没心思|没工夫|快递|等会"
)
_LATER = re.compile(
    r"先不|暂时|暂不|过阵子|过段时间|以后再|再看看?|再想想?|再考虑|(?<![别不用])再说|回头|今天不|这两天不|最近不|目前不|现在不"
)
_ASKED = re.compile(r"还(要|想|开|买|办|考虑|做|需要)|要不要|考虑(好|得|过)|打算|怎么样|吗|么|[?？]$")
_ASKS_BACK = re.compile(r"(吗|么|呢|[?？])\s*$")
_NO_REFUSAL = re.compile(
    r"(怎么|为什么|为啥|干嘛|难道|哪能?|能|可|岂)不|(.)不\2|资料|材料|短信|提醒|电话|链接|微信|讲座|活动|介绍|推送|发票"
)
_ASKS_FIGURE = re.compile(r"多少|几[个天年月号点成只]|多久|多长|[什啥]么?时候|何时|哪天|多高|多大")
_QUESTION = re.compile(r"[?？吗]|呢[。!！]?$|多少|几[个天年月号点成只]|怎么|什么|啥|哪|还是|(.)不\1|没有[。]?$")
_ASKS = re.compile(r"([?？]|吗|没有|多少|哪[几些个只款]+|说说吗?)[?？。]?$")
_WHO = re.compile(r"谁|哪位|哪儿?里?[打的]|什么事|有事|干(嘛|吗|什么)|听|说什么|打错|哪里[?？]?$|^(什么|啥|啊)[?？]$")
_DEFERS = re.compile(
    r"帮您(问|查|反映|转|催|看看?$)|我(去|再|先)?(问|查)(一下|问|查|下)|转(给|告|达)|同事|专员|专人|晚点|稍后|稍等|答复|回复|尽快|(给|为)您安排|另外|对了|您好"
)
_COMPARES = re.compile(r"[比跟和]|不如|相当|差不多|介于")
_ASIDE = re.compile(r"另外|对了|还有(个|件|一)|顺便|先提醒|今天(先|主要)")
_FIGURE = re.compile(
    r"[0-9零二三四五六七八九十百千万半]|一(?![下会直定样起般])|两(?!融)|[年月周]底|[年月]初|到期|上半年|下半年|节[前后]"
)
_CLAUSE = re.compile(r"[^,，。;；!！?？\s]+[?？]?")
_HOUSEKEEPING = re.compile(r"身份证件?|证件|银行卡|手机号码?|地址|密码|测评|问卷|系统|到期|过期|更新|升级|讲座")
_MEASURE = re.compile(r"(?<=[哪几两一二三这那每])[款只种个家支档期份笔样]")
MAX_ELLIPSIS = 2  #: characters beside the question word in a question that takes its subject from before
MIN_QUESTION, MIN_REPLY = 2, 3  #: characters without fillers
MIN_CONTENT = 4  #: characters that an answer keeps without its fillers


def is_right_person(
    history: History, book: Playbook, advisor_id: str, moment: datetime, customer_id: str, opened_at: datetime
) -> bool:
    """By the owner at that time, or a deputy of his, as the playbook has it."""
    owners = history.owners_at(moment, customer_id)
    if book.owner == "opening":
        owners.add(history.owner_at(opened_at, customer_id))
    if advisor_id in owners:
        return "owner" in book.discharge.by
    return "deputy" in book.discharge.by and history.stands_for(advisor_id, owners)


def no_talk(rule: Discharge, contact: Contact) -> str | None:
    """Why the contact is no talk with the customer at all; None where it is one."""
    if not contact.answered:
        return "未接通"
    if not contact.with_customer:
        return "不是客户本人"
    if contact.channel.value not in rule.channels:
        return "这个渠道不算"
    if contact.lasts(rule.min_seconds, rule.min_messages):
        return None
    if contact.channel is Channel.CHAT:
        return f"客户只说了 {contact.customer_messages} 条, 不足 {rule.min_messages} 条"
    return f"通话只有 {contact.seconds:.0f} 秒, 不足 {rule.min_seconds} 秒"


def not_about(subject: Subject, contact: Contact) -> str:
    """Why a talk that does not discharge does not, in Chinese."""
    if not contact.customer_messages:
        return "客户没有说话"
    if subject.playbook.about.anything:
        return "比约定的时间早"
    if subject.playbook.told:
        return "没有说到已经办好"
    found = named(subject, contact)
    if found[Speaker.ADVISOR] or found[Speaker.CUSTOMER]:
        return "只有投顾在说" if found[Speaker.ADVISOR] else "客户说了, 投顾没有接"
    return "没有谈到"


def note_names(subject: Subject, note: VisitNote) -> bool:
    """Whether a visit note names the subject. Only the advisor's own words: it makes a 自报."""
    words = (Utterance(Speaker.ADVISOR, note.text),)
    at, nobody = note.at, Channel.CHAT
    read = Contact(
        note.id, note.customer_id, note.advisor_id, nobody, at, at, at, utterances=words, mentions=note.mentions
    )
    return bool(named(subject, read)[Speaker.ADVISOR])


def about(subject: Subject, contact: Contact) -> list[int] | None:
    """Utterances that show both sides speaking of the subject; None where one side did not."""
    found = named(subject, contact)
    advisor, customer = found[Speaker.ADVISOR], found[Speaker.CUSTOMER]
    if advisor and customer:
        return sorted({advisor[0], customer[0]})
    for index in advisor or customer:
        for reply in _neighbours(contact, index):
            if _answers(subject, contact, reply, index):
                return sorted({index, reply})
    return None


def _neighbours(contact: Contact, index: int) -> Iterator[int]:
    """The other side's next turns and the one before, as long as nobody else spoke between."""
    speaker, turns = contact.utterances[index].speaker, contact.utterances
    after = index + 1
    while after < len(turns) and turns[after].speaker is speaker:
        after += 1
    while after < len(turns) and turns[after].speaker is not speaker:
        yield after
        after += 1
    if index and turns[index - 1].speaker is not speaker:
        yield index - 1


def _answers(subject: Subject, contact: Contact, index: int, naming: int) -> bool:
    """An answer with substance: to what was asked, in words that belong to the subject or were just said of it; no
    evasion, no other subject."""
    turn, asked = contact.utterances[index], contact.utterances[naming]
    if turn.suspect or notes_down(turn.text) or _EVADES.search(turn.text):
        return False
    if naming < index and _is_reply(subject, contact, index, asked):
        return True
    if foreign(subject, contact, index) or not has_substance(turn.text):
        return False
    return bool(subject.playbook.about.loose.search(turn.text)) or (naming < index and _echoes(asked.text, turn.text))


def _is_reply(subject: Subject, contact: Contact, index: int, asked: Utterance) -> bool:
    """What the question about the subject calls for: a figure, a question back, or the thing itself."""
    text, question = contact.utterances[index].text, bool(_QUESTION.search(asked.text))
    if asked.speaker is Speaker.CUSTOMER and question:
        if _gives_figure(asked.text, text):
            return True
        return _tells(text) and (not foreign(subject, contact, index) or bool(_COMPARES.search(text)))
    if foreign(subject, contact, index):
        return False
    if _asks_back(text) or _gives_figure(asked.text, text):
        return True
    return bool(_ASKS.search(asked.text)) and has_substance(text) and not _ASKS.search(text)


def _gives_figure(asked: str, text: str) -> bool:
    """多少? 三个点. 趸交还是期交? 分十年."""
    return bool(_QUESTION.search(asked) and _FIGURE.search(text)) and (
        bool(_ASKS_FIGURE.search(asked)) or has_substance(text)
    )


def _asks_back(text: str) -> bool:
    """差多少? 哪两只, 现在能进吗? – a question that brings no subject of its own speaks of what was just named."""
    rest = _FILLER.sub("", text)
    if not _QUESTION.search(text) or _WHO.search(text) or len(rest) < MIN_QUESTION:
        return False
    if _ASKS_FIGURE.search(rest) and len(_ASKS_FIGURE.sub("", rest)) <= MAX_ELLIPSIS:
        return True
    return not pairs(_MEASURE.sub(" ", text))


def _tells(text: str) -> bool:
    """The advisor's answer to a question about the subject, not the promise of one."""
    return len(_FILLER.sub("", text)) >= MIN_REPLY and not _DEFERS.search(text)


def _echoes(asked: str, text: str) -> bool:
    """Whether the answer takes up a word of the turn that named the subject (期权要考试. – 考试难不难?)."""
    aside = _ASIDE.search(asked)
    said = _HOUSEKEEPING.sub(" ", asked[: aside.start()] if aside else asked)
    return not pairs(said).isdisjoint(pairs(text))


def has_substance(text: str) -> bool:
    """Whether an utterance says anything beside 嗯, 好的, 再见."""
    return len(_FILLER.sub("", text)) >= MIN_CONTENT


def refusal(subject: Subject, contact: Contact) -> list[int] | None:
    """Utterances in which the customer refuses the subject: a negated tag, or his words about it."""
    if not (contact.answered and contact.with_customer):
        return None
    for said in contact.said:
        if negates(subject, said, subject.playbook.refuse.tags) and _same_day(subject, said.value.get("date")):
            return sorted(said.evidence)
    if any(_wants(subject, said) for said in contact.said):
        return None
    return _refusing_words(subject, contact)


def _wants(subject: Subject, said: Said) -> bool:
    """The same talk says the wish again."""
    tags = {opening.tag for opening in subject.playbook.opens}
    return said.affirmed and said.tag in tags and subject.playbook.key_of(said.value) == subject.key


def _same_day(subject: Subject, day: object) -> bool:
    """A call-back is refused by the day it was to come; other subjects have no day."""
    if not subject.playbook.about.anything:
        return True
    return day is not None and day in (subject.said.value.get("date"), subject.said.value.get("due_date"))


def _refusing_words(subject: Subject, contact: Contact) -> list[int] | None:
    found = named(subject, contact, spoken_of=False)
    subjects, asked = set(found[Speaker.CUSTOMER]), set(found[Speaker.ADVISOR])
    for index, utterance in enumerate(contact.utterances):
        if utterance.speaker is not Speaker.CUSTOMER or not _refuses(subject, contact, index):
            continue
        if index in subjects or _stands_alone(subject):
            return [index]
        if index - 1 in asked and _ASKED.search(contact.utterances[index - 1].text):
            return [index - 1, index]
    return None


def _stands_alone(subject: Subject) -> bool:
    """Promises and call-backs name their doing in the refusal itself (不用发了, 别打了)."""
    return bool(subject.playbook.told) or subject.playbook.about.anything


def _refuses(subject: Subject, contact: Contact, index: int) -> bool:
    text = contact.utterances[index].text
    for match in _CLAUSE.finditer(text):
        clause = match[0]
        if _ASKS_BACK.search(clause) or (not _stands_alone(subject) and _NO_REFUSAL.search(clause)):
            continue
        if subject.playbook.refuse.words.search(clause) and not _of_another(subject, contact, index, match.span()):
            return not _LATER.search(text)
    return False


def _of_another(subject: Subject, contact: Contact, index: int, span: tuple[int, int]) -> bool:
    """Whether the refusing clause – or, where it names nothing, the last named before it – is another subject
    (期权就不开了, 两融照常办)."""
    about = subject.playbook.about
    here = [m for m in contact.mentions if m.utterance == index and m.start < span[1]]
    inside = [m for m in here if m.kind in about.others and m.start >= span[0]]
    before = [m for m in here if m.kind in about.keyed and m.start < span[0]]
    last = inside or [m for m in before if m.start == max(b.start for b in before)]
    return bool(last) and not any(speaks_of(subject, m) for m in last)


def clauses(text: str) -> list[str]:
    """The clauses of an utterance; a question keeps its mark."""
    return _CLAUSE.findall(text)


def in_window(subject: Subject, contact: Contact, window_from: datetime | None) -> bool:
    """Whether the talk came no earlier than the window of a promised call allows."""
    if window_from is None:
        return True
    return contact.started_at >= window_from - timedelta(minutes=subject.playbook.due.early_minutes)


def counts(rule: EventRule, subject: Subject, event: Event, covers: Mapping[str, Sequence[str]]) -> bool:
    """Whether the event is one that the rule means, for this key."""
    if event.name != rule.event or event.amount < (rule.min_yuan or 0):
        return False
    if any(str(event.properties.get(name, "")) != value for name, value in rule.where.items()):
        return False
    if rule.same is not None:
        value = event.properties.get(rule.same)
        return value == subject.key or value in covers.get(subject.key or "", ())
    return rule.unless_other is None or _same_name(event.properties.get(rule.unless_other), subject)


def _same_name(name: object, subject: Subject) -> bool:
    """No other institution than the opportunity's; an unnamed one contradicts nothing."""
    mine = subject.said.value.get("institution")
    if not isinstance(name, str) or not isinstance(mine, str) or not name or not mine:
        return True
    return name in mine or mine in name or is_same(name, mine)
