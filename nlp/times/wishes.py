"""约时间: what is said of a time in an utterance – call me then, do not, I am free, I am not (words:
lexicon/values/contact.yaml)."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from nlp import vocabulary
from nlp.times.expressions import LIST, TimeExpr

Mood = Literal["call", "stay_away", "free", "busy"]
CALLS: tuple[Mood, Mood] = ("call", "stay_away")
_CLAUSES = re.compile(r"[^,.;!?。\s\[\]]+")
_QUESTION = re.compile(
    r"(?:吗|么|没有?|多少|几点|什么|啥)[呀啊呢]?$|[吗么](?=[,。 ?]|$)|\?|行不行|好不好|能不能|可不可以|是不是"
    r"|有没有|会不会|要不要|能办不|[办弄做买卖]不$"
)
_NICELY = re.compile(r"(?:行|好|可以|成|方便|中|得|能)(?:吗|么|不|嘛|没)|行不行|好不好|可不可以|方不方便")
_PAYS = re.compile(
    r"(?:公积金|工资|奖金|分红|法院|村委|单位|款|钱|兑付|房子|保险|理赔|万).{0,24}打(?:过来|给我|来|到)|打(?:过来"
    r"|给我|来).{0,8}[万块]"
)
_SURELY_CALLS = re.compile(r"电话|再打|别打|你打|找我|联系|不要打|聊")
_SURE_OF_SPAN = re.compile(r"联[系络]|找我|电话|来电|再打|call|聊|再说|沟通")
_LITTLE = 8  #: characters beside the time, for 可以 to be about the time


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the utterance between marks; `times` are the indexes of the expressions in it."""

    start: int
    end: int
    times: tuple[int, ...]


@cache
def words() -> dict[str, re.Pattern[str]]:
    """The compiled lists of the lexicon."""
    lists = {name: said.split() for name, said in vocabulary.load("values/contact").items()}
    found = {name: re.compile("|".join(said)) for name, said in lists.items()}
    not_, call, disturb = ("|".join(lists[k]) for k in ("not", "call", "disturb"))
    found["away"] = re.compile(rf"(?:{not_})[^,。;!?]{{0,10}}?(?:{call}|{disturb})")
    found["away"] = re.compile(rf"{found['away'].pattern}|打了也(?:白|听不|不接|没|接不)|打也白打")
    found["not_before"] = re.compile(rf"(?:{not_})[^,。;!?]{{0,4}}$")
    return found


def speaks_of_calls(t: str) -> bool:
    """A cheap look: whether any word of calling or of being free is there at all."""
    w = words()
    return any(w[k].search(t) for k in ("call", "away", "free", "busy", "assent", "any", "weak_call", "not"))


def clauses(t: str, exprs: list[TimeExpr]) -> list[Clause]:
    """The clauses of folded text."""
    return [
        Clause(m.start(), m.end(), tuple(n for n, e in enumerate(exprs) if m.start() < e.end <= m.end()))
        for m in _CLAUSES.finditer(t)
    ]  # fmt: skip


def mood_of(t: str, exprs: list[TimeExpr], n: int, parts: list[Clause]) -> Mood | None:
    """What the utterance says of the n-th time; None if nothing about calls."""
    own = next((i for i, c in enumerate(parts) if n in c.times), None)
    if own is None:
        return None
    clause = parts[own]
    if _vetoed(t, exprs, n, clause):
        return None
    mood = _nearby(t, exprs, n, clause)
    if mood in CALLS:
        return mood
    later = _following(t, exprs, n, parts, own)
    if later in CALLS or mood:
        return later if later in CALLS else mood
    return later or _preceding(t, parts, own)


def _vetoed(t: str, exprs: list[TimeExpr], n: int, clause: Clause) -> bool:
    """His own call or visit, a call that has been, somebody else's hours, a question."""
    w = words()
    a, b = _stretch(exprs, n, clause)
    around = t[a : exprs[n].start] + "□" + t[exprs[n].end : b]
    if any(w[k].search(around) for k in ("own", "been", "others")) or _paid(t[max(0, a - 60) : b + 60]):
        return True
    if "随便" in around:
        return False
    asked = _QUESTION.search(t[exprs[n].end : clause.end + 1])
    return bool(asked) and not (_NICELY.search(around) and w["call"].search(around))


def _paid(t: str) -> bool:
    """月底法院打过来, 六百六十万: money is paid, nobody calls."""
    return bool(_PAYS.search(t)) and not _SURELY_CALLS.search(t)


def _stretch(exprs: list[TimeExpr], n: int, clause: Clause) -> tuple[int, int]:
    """From the time before to the time after, within the clause."""
    i = clause.times.index(n)
    a = exprs[clause.times[i - 1]].end if i else clause.start
    b = exprs[clause.times[i + 1]].start if i + 1 < len(clause.times) else clause.end
    return min(a, exprs[n].start), max(b, exprs[n].end)


def _nearby(t: str, exprs: list[TimeExpr], n: int, clause: Clause) -> Mood | None:
    """The predicate after the time; before it, where it is the first of its clause; that of a neighbour in a list."""
    expr = exprs[n]
    a, b = _stretch(exprs, n, clause)
    before, after = t[a : expr.start], t[expr.end : b]
    refused = words()["not_before"].search(before)
    mood = _mood((refused.group() if refused else "") + "□" + after, expr)
    if mood is None and refused and (expr.has_clock or expr.days) and len(after) <= 2:
        mood = "stay_away"
    if mood is None and n == clause.times[0]:
        mood = _mood(before, expr)
    if mood is None or mood not in CALLS:
        if _assents(t, expr, clause, before + after):
            mood = mood or "free"
        nxt = n + 1
        if mood is None and nxt in clause.times and LIST.fullmatch(t, expr.end, exprs[nxt].start):
            return _nearby(t, exprs, nxt, clause)
    return mood


def _mood(said: str, expr: TimeExpr) -> Mood | None:
    w = words()
    if w["away"].search(said):
        return "stay_away"
    busy = w["busy"].search(said)
    call = w["call"].search(said)
    if call is None and expr.has_clock:
        call = w["weak_call"].search(said)
    if call and expr.span and not _SURE_OF_SPAN.search(said):
        call = None
    if call and not (busy and busy.start() > call.start()):
        return "call"
    if busy:
        return "busy"
    return "free" if w["free"].search(said) and not expr.span else None


def _assents(t: str, expr: TimeExpr, clause: Clause, rest: str) -> bool:
    """晚上七点到九点可以: little more than the time and a yes."""
    if expr.span or not (expr.has_clock or expr.recurring):
        return False
    return len(rest) <= _LITTLE and bool(words()["assent"].search(rest))


def _following(t: str, exprs: list[TimeExpr], n: int, parts: list[Clause], own: int) -> Mood | None:
    """The next clauses without a time: 我午休雷打不动, 别在那时候来电."""
    expr = exprs[n]
    alone = parts[own].end - parts[own].start - (expr.end - expr.start) <= 2
    for i, clause in enumerate(parts[own + 1 : own + 3]):
        if clause.times:
            break
        said = t[clause.start : clause.end]
        mood = _mood(said, expr)
        if mood in CALLS or (alone and i == 0 and mood):
            w = words()
            stop = any(w[k].search(said) for k in ("own", "been")) or _QUESTION.search(said)
            return None if stop and mood != "stay_away" and not _NICELY.search(said) else mood
    return None


def _preceding(t: str, parts: list[Clause], own: int) -> Mood | None:
    """The clause before: 你再打过来吧, 下午三点左右."""
    if own == 0 or parts[own - 1].times:
        return None
    said = t[parts[own - 1].start : parts[own - 1].end]
    w = words()
    if any(w[k].search(said) for k in ("own", "been", "others")) or _QUESTION.search(said):
        return None
    if w["away"].search(said):
        return "stay_away"
    return "call" if w["call"].search(said) else None
