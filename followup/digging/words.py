"""客户的原话: which words of his prove a rung, and whether he was asked for them (pure)."""

import re
from collections.abc import Iterable, Sequence

from dongke.types import Speaker, Utterance
from followup.history import Contact
from profiles.facts import Quote

_NUMBER = re.compile(r"[0-9零一二两三四五六七八九十百千万亿几半]+[多来几]?(?:万|亿|千|百|个|[wW]|元|块|$)")
_DATE = re.compile(
    r"到期|满期|[年月周季]底|[年月]初|[0-9一二三四五六七八九十]+[月号日]|下个?[月周]|明年|后年|半年|节[前后]|上半年|下半年"
)
_QUESTION = re.compile(r"[?？吗]|呢[。!！]?$|多少|几[个天年月号点只]|什么|哪|多久|有没有|是不是|(.)不\1")
SUFFIX = re.compile(r"(证券|银行|保险|人寿|基金|信托|财富)$")


def customers(evidence: Iterable[Quote]) -> list[Quote]:
    """The pieces of evidence that the customer said."""
    return [q for q in evidence if q.speaker == Speaker.CUSTOMER.value]


def quote_for(rung: str, quotes: Sequence[Quote], institution: str | None) -> Quote:
    """The customer's words that say what the rung asks for, else his last ones (对, 是的: he confirmed it)."""
    wanted = {"amount": _NUMBER, "maturity": _DATE, "institution": _name(institution)}.get(rung)
    fitting = [q for q in quotes if wanted and wanted.search(q.quote)]
    return fitting[0] if fitting else quotes[0] if rung == "mention" else quotes[-1]


def whole(quote: Quote, talk: Contact | None) -> str:
    """The whole utterance where it is at hand, else the marked words."""
    if talk and quote.utterance < len(talk.utterances) and quote.quote in talk.utterances[quote.utterance].text:
        return talk.utterances[quote.utterance].text
    return quote.quote


def answers_question(turns: Sequence[Utterance], index: int) -> bool:
    """Whether the advisor had just asked."""
    before = [t for t in turns[max(index - 2, 0) : index] if not t.suspect]
    return bool(before) and before[-1].speaker is Speaker.ADVISOR and bool(_QUESTION.search(before[-1].text))


def _name(institution: str | None) -> re.Pattern[str] | None:
    if not institution:
        return None
    short = SUFFIX.sub("", institution)
    return re.compile("|".join(re.escape(w) for w in (institution, short, short[:1] + "行") if len(w) > 1))
