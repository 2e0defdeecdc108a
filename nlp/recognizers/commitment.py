"""投顾承诺 (commitment.advisor): what the advisor promises to do after the conversation, and by when.
Words: nlp/lexicon/frames/commitment.yaml; dates: nlp/recognizers/due.py."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from nlp import dialogue
from nlp.document import Answer, Candidate, Document, Mark, Mention
from nlp.recognizers import due
from nlp.recognizers.common import steps

VERSION = "3"
TAG = "commitment.advisor"
SHORT = 26  #: an advisor's turn of so many characters only dates or repeats a promise
BACK = 6  #: made at most so many turns before
_DATED = re.compile(
    r"[今明后]天|今晚|明早|周[一二三四五六日天末]|礼拜|星期|[\d一二三四五六七八九十][号日]|月底|月初|之前|以前|下班前|节后|马上|一定|忘不了|记着|放心|没问题|给您|发您"
)
_GRANTS = re.compile(r"[嗯哦哎，]*(好|行|可以|没问题|成|中|ok|一定|放心|收到|明白|那|得|要得|妥)")
_WHEN = re.compile(
    r"[今明后]天|今晚|明早|明晚|周[一二三四五六日天末]|礼拜|星期|[\d一二三四五六七八九十][号日点]|月底|月初|之前|下班前|节后|马上|等下|下午|上午|晚上"
)
_SENT = re.compile(r"\[(图片|链接|文件|视频|语音|小程序|名片|文档|PDF|表格)|https?://|【|\.(pdf|xlsx?|docx?)")
_ASKS = re.compile(r"[吗呢？]|什么|哪|几|多少|怎么|吧$")
OPENING = 5  #: turns at the start of a talk, where 给您打电话 speaks of this very talk
_NOT = re.compile(r"[不没别]")
_HABIT = re.compile(
    r"以后(都|就|有|我们|每|逢)|随时|平时|每(天|周|次|月)|逢年过节|上次|昨天|前天|(?<!马)上回|后来我?专门|怪我|我给忘"
)
_AHEAD = re.compile(
    r"[明后]天|今晚|明早|周|礼拜|星期|[号点]|以后|之后|之前|下午|晚上|上午|到时|马上|等下|回头|半小时|再"
)
_IF = re.compile(r"需要的话|要是|如果|方便的话|您要|想要")
_REFUSED = re.compile(r"^[^。？！]{0,8}(别|莫|不要|不用|甭|免了)(再)?(给我)?(发|来|打|送|报|寄|弄|写)")
_USELESS = re.compile(r"不睇|可不会|发了(我)?也")  #: he would not read it
_OTHERWISE = re.compile(
    r"邮箱|短信|微信|邮件|语音|发(?!了也)|上班|工作日|周末|[上下]午|中午|早上|晚上|礼拜|星期|周[一二三四五六日]|盘中|开盘|午休|点"
)
_NOT_THEN = re.compile(rf"(千万|可)?(别|莫|不要|甭)(?![别莫，。])[^，。？！]{{0,8}}({_OTHERWISE.pattern})")
_INQUIRY = re.compile(r"问|打听|核实|查|咨询|确认|商量|请示")
_ACCEPTS = re.compile(
    r"要得|好的?(，|。|嘞|啊|呀|吧|$)|可以|没问题|行(，|。|啊|吧|嘞|的|$)|中(，|。|啊|$)|就(这么|那)|[点号](吧|嘛|，|。|$)"
)
_OFFER = re.compile(r"[吗么？]|要不要|要不|行不|好不好|可以不|需不需要|还是")


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per action promised; the last date said stands."""
    by_action: dict[str, list[Mention]] = {}
    telephoned = {m.turn for m in document.of("pledge") if m.rule == "pledge.call.remind"}
    for mention in document.of("pledge"):
        if mention.rule == "pledge.remind" and mention.turn in telephoned:
            continue
        if _stands(document, mention):
            by_action.setdefault(mention.key, []).append(mention)
    for request, turn in _granted(document, _by_turn(by_action)):
        by_action.setdefault(request.key, []).append(replace(request, turn=turn, start=0, end=1))
    latest = _by_turn(by_action)
    for action, mentions in by_action.items():
        yield _candidate(document, action, mentions, [t for t in _echoes(document, latest) if latest[t[0]] == action])


def _granted(document: Document, promised: dict[int, str]) -> Iterator[tuple[Mention, int]]:
    """好, 后天下午: the advisor grants a request of the turn before, and says when (request, turn)."""
    for turn in document.advisor_turns():
        prompt = document.prompt(turn.index)
        if prompt is None or turn.index in promised or len(turn.text) > SHORT or _ASKS.search(turn.text):
            continue
        if _GRANTS.match(turn.text) and _WHEN.search(turn.text):
            yield from ((m, turn.index) for m in list(document.of("request", turn=prompt.index))[-1:])


def _by_turn(by_action: dict[str, list[Mention]]) -> dict[int, str]:
    """Turn → the action promised last in it."""
    return {m.turn: action for action, mentions in by_action.items() for m in mentions}


def _echoes(document: Document, latest: dict[int, str]) -> Iterator[tuple[int, int]]:
    """周五之前, 一定: short words that repeat or date the promise made shortly before (promise, echo)."""
    for turn in document.advisor_turns():
        if turn.index in latest or len(turn.text) > SHORT or not _DATED.search(turn.text) or _ASKS.search(turn.text):
            continue
        before = [t for t in latest if 0 < turn.index - t <= BACK]
        if before:
            yield max(before), turn.index


def _stands(document: Document, mention: Mention) -> bool:
    """A promise not taken back at once, not refused, not a habit and not a mere question."""
    turn = document.turns[mention.turn]
    low, high = turn.clauses[turn.clause_at(mention.start)][0], turn.clauses[turn.clause_at(mention.end - 1)][1]
    clause = turn.text[low:high]
    if _NOT.search(turn.text[max(mention.start - 4, 0) : mention.start]) or _HABIT.search(clause):
        return False
    if mention.turn < OPENING and mention.rule in ("pledge.call", "pledge.remind") and not _AHEAD.search(clause):
        return False
    if _is_part(document, mention):
        return False
    if mention.key == "send_material" and _is_sent(document, mention, clause):
        return False
    reply = document.reply(mention.turn)
    if reply is None:
        return True
    said = document.turns[reply.turn].text
    if _is_refused(said, reply.answer):
        return False
    asked = _IF.search(clause) or _is_offer(turn.text, mention)
    return reply.answer in (Answer.YES, Answer.NOD) or not asked or bool(_ACCEPTS.search(said))


def _is_refused(said: str, answer: Answer) -> bool:
    """Not where he only says how or when (别上午打), or asks back (不会是骗我的吧)."""
    if _USELESS.search(said):
        return True
    if not (answer is Answer.NO or _REFUSED.search(said)):
        return False
    only_how = _NOT_THEN.match(said) if answer is Answer.NO else _OTHERWISE.search(said)
    return not only_how and not _ASKS.search(said[-1:])


def _is_part(document: Document, mention: Mention) -> bool:
    """我去问一下, 问到了回您: asking inside is part of the answer promised; a window kept free is part of the visit."""
    beside = {m.rule: m for m in document.of("pledge", turn=mention.turn) if m is not mention}
    if mention.rule == "pledge.pass":
        return "pledge.answer" in beside and bool(_INQUIRY.search(mention.text))
    if mention.rule == "pledge.answer":
        passed = beside.get("pledge.pass")
        return passed is not None and not _INQUIRY.search(passed.text)
    return mention.rule == "pledge.teach" and not beside.keys().isdisjoint({"pledge.meet", "pledge.call"})


def _is_sent(document: Document, mention: Mention, clause: str) -> bool:
    """In a chat what he sends with his next messages is no promise."""
    if not document.is_chat or _AHEAD.search(clause):
        return False
    following = document.turns[mention.turn : mention.turn + 3]
    return any(not t.by_customer and _SENT.search(t.raw) for t in following)


def _is_offer(text: str, mention: Mention) -> bool:
    return bool(_OFFER.search(text[mention.end :])) and dialogue.asks(text)


def _candidate(document: Document, action: str, mentions: list[Mention], echoes: list[tuple[int, int]]) -> Candidate:
    last = mentions[-1]
    said = [Mark(turn, 0, len(document.turns[turn].text)) for _, turn in echoes]
    marks = tuple(dict.fromkeys([*(m.mark for m in mentions), *said]))
    day = next((d for e in reversed(said) if (d := due.of(document, e.turn))), None) or _day(document, mentions)
    return Candidate(
        tag=TAG,
        value={"action": action, "due_date": day.isoformat() if day else None},
        marks=marks,
        rule=last.rule,
        confidence=last.weight,
        holder="advisor",
        steps=steps(last),
    )


def _day(document: Document, mentions: list[Mention]) -> date | None:
    for mention in reversed(mentions):
        day = due.of(document, mention.turn, mention.end)
        if day is not None:
            return day
    return None
