"""闲置资金的时间: the day from which free money is there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from nlp import holdings, values
from nlp.dates import DateRef
from nlp.document import Document, Turn
from nlp.recognizers.idle_sums import COMING, HERE, Episode, agreed

_NEEDED = re.compile(
    r"(要|得|等着|准备|打算)(用|付|交|给(?!我)|还(?!我)|提|抓|买|垫|做|去|打给)|得用|用钱|要?拿回来|才用|◇[^，。]{0,4}(都行|找我|放到(?!我)|抓|之?前[^，。后]{0,8}(要|得|拿(?!到)|用|还))|(放|留|锁|用|等)到◇|还有[^，。]{0,2}年|再(联系|打电话|来找)|不能动"
)
_PURPOSE = re.compile(
    r"开学|上学|读研|留学|结婚|装修|首付|买房|看房|退休|毕业|生效|开户|学费|满月|进货|垫|酒|办事|增资|体检|手术|支架|嫁|生孩子"
)
_ARRIVES = re.compile(r"到|打|发|放|结|还|返|回|批|拿|收|赎|兑|满|解|出|领|给我")
_ASKS_WHEN = re.compile(r"什么时候|啥时候|几时|哪天|几号|几月|到期了?(没|吗)|快到")
FAR = 240  #: days to a bare month or day from which the one just gone is meant


_OTHER_DEED = re.compile(r"(见|来|去|过来|打电话|联系|寄|发您|发你|签|办|开会|出差|聊|约|提醒|回(您|你)|给您)")
BEFORE, AFTER = 4, 4  #: turns around the episode
WEIGHTS: Mapping[str, float] = {
    "comes": 3.2,
    "lies": 2.6,
    "asked when": 1.7,
    "none": 1.7,
    "due elsewhere": 1.5,
    "alone": 1.4,
    "of the sum": 1.2,
    "at a place": 1.0,
    "by then": 0.9,
    "his before": 0.9,
    "latest": 0.6,
    "agreed": 0.6,
    "another": 0.5,
    "arrives": 0.5,
    "his inside": 0.4,
    "here": 0.2,
    "advisor's between": -0.3,
    "begins": -0.3,
    "windfall": -0.4,
    "due": -0.6,
    "distance": -0.6,
    "advisor's before": -0.6,
    "falls due": -0.6,
    "his between": -0.6,
    "advisor's after": -0.8,
    "purpose": -1.0,
    "before then": -1.1,
    "other deed": -1.2,
    "his after": -1.3,
    "needed": -2.1,
}


@dataclass(frozen=True, slots=True)
class Day:
    """到账日: a day that was spoken of, None for no day, and what is to be seen of it."""

    on: date | None
    signs: Mapping[str, float]

    @property
    def weight(self) -> float:
        return sum(WEIGHTS.get(name, 0.0) * value for name, value in self.signs.items())


def available_from(document: Document, episode: Episode, told: int | None, due: date | None) -> str | None:
    """From when the money is there. `told`: the turn of its sum; `due`: the day of the holding that it comes from."""
    return values.iso(max(days(document, episode, told, due), key=lambda day: day.weight).on)


def days(document: Document, episode: Episode, told: int | None, due: date | None) -> Iterator[Day]:
    """Every day to come that is spoken of around the episode, and that there is none."""
    yield Day(None, dict.fromkeys(_present(document, episode, told), 1.0))
    if due is not None:
        yield Day(due, {"due elsewhere": 1.0})
    for turn in document.turns[max(episode.first - BEFORE, 0) : episode.last + AFTER + 1]:
        if turn.suspect:
            continue
        found = [day for day in values.dates(turn.text, document.started_at) if _is_ahead(document, day)]
        for day in found:
            signs = dict.fromkeys(_signs(document, episode, turn, day), 1.0)
            signs["distance"] = float(min(abs(turn.index - number) for number in episode.turns))
            signs["of the sum"] = float(turn.index == told)
            signs["latest"] = float(day is found[-1])
            signs["due elsewhere"] = float(day.on == due)
            yield Day(day.on, signs)


def _is_ahead(document: Document, day: DateRef) -> bool:
    ahead = (day.on - document.started_at.date()).days if day.on is not None else 0
    far = ahead > FAR and not re.search(r"[明后来]年|年底|\d{4}", day.text)
    return ahead > 0 and not far and "上半年" not in day.text


def _present(document: Document, episode: Episode, told: int | None) -> Iterator[str]:
    """What says that the money is here already, or not yet."""
    yield "none"
    turns = {*episode.turns, *([told] if told is not None else [])}
    text = "。".join(document.turns[number].text for number in sorted(turns))
    if HERE.search(text):
        yield "here"
    if re.search("到期|快到|要到", text):
        yield "falls due"
    if re.search(r"[发分批赎兑放]下?来|年终奖|奖金|尾款|卖(了|掉)|赔|补偿", text):
        yield "windfall"
    if re.search(r"活期|闲着|趴|躺|手(里|上|头)|卡(里|上)|账(上|户里)", text):
        yield "lies"


def _signs(document: Document, episode: Episode, turn: Turn, day: DateRef) -> Iterator[str]:
    low, high = turn.clauses[turn.clause_at(day.start)]
    before = turn.text[max(day.start - 12, low) : day.start]
    after = turn.text[day.end : min(day.end + 14, max(high, day.end + 6))]
    around = f"{before}◇{after}"
    for name, pattern in _AROUND:
        if pattern.search(around):
            yield name
    if _ARRIVES.search(after[:6]):
        yield "arrives"
    if len(around) <= 5:
        yield "alone"
    if day.on in {on for on, _ in holdings.dues(turn.text, document.started_at)}:
        yield "due"
    if any(document.of("institution", "place_type", turn=turn.index)):
        yield "at a place"
    if re.match("还有|另外", turn.text):
        yield "another"
    yield from _asked(document, turn)
    side = "his" if turn.by_customer else "advisor's"
    if turn.index in episode.turns:
        yield f"{side} inside"
    elif turn.index > episode.last:
        yield f"{side} after"
    else:
        yield f"{side} before" if turn.index < episode.first else f"{side} between"


def _asked(document: Document, turn: Turn) -> Iterator[str]:
    prompt = document.prompt(turn.index)
    if turn.by_customer and prompt is not None and _ASKS_WHEN.search(prompt.text):
        yield "asked when"
    if not turn.by_customer and agreed(document, turn):
        yield "agreed"


_AROUND = (
    ("comes", COMING),
    ("needed", _NEEDED),
    ("purpose", _PURPOSE),
    ("begins", re.compile(r"◇[^，。]{0,3}(开始|起|出发|走|搬)")),
    ("other deed", _OTHER_DEED),
    ("before then", re.compile(r"◇[^，。]{0,2}(之?前|以前)")),
    ("by then", re.compile(r"◇[^，。]{0,2}(之?后|以后)")),
)
