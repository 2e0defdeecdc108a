"""投资经验 (experience.level): self-described, or evident from what he says of himself.

Words: nlp/lexicon/frames/experience.yaml. 没买过 to the question whether he ever bought anything is a novice's answer.
"""

import re
from collections.abc import Iterator

from nlp import durations
from nlp.document import Answer, Candidate, Document, Mark, Mention
from nlp.recognizers.common import believed, candidate

VERSION = "2"
TAG = "experience.level"
OLD_HAND = 60  #: months of investing
_EVER = re.compile(
    r"(以前|之前|平时|有没有|本人|原来)?[^，。]{0,6}(买过|做过|炒过|接触过|了解过|投过|玩过)[^，。]{0,8}(吗|没|么|有没有|？|$)"
)
_PHONE = re.compile(r"手机|app|测评|步骤|截图|登录|密码|扫码|链接|视频|下载|身份证")
_GENERAL = re.compile(r"基金|股票|理财|投资|炒股")
_SPECIAL = re.compile(r"期权|期货|可转债|转债|reits|港股|网格|私募|两融|逆回购|etf|债基")
_HOW_LONG = re.compile(r"(炒股|做股票|股票|投资|入市|开户|股龄|做)[^，。]{0,6}(多久|多少年|几年)")


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per self-description; the last one stands."""
    for mention in document.of("experience"):
        if _is_of_the_phone(document, mention):
            continue
        if believed(mention) or (mention.by_customer and mention.flags <= {"past", "household"}):
            yield candidate(TAG, mention, {"level": mention.key})
    for turn in document.advisor_turns():
        reply = document.reply(turn.index)
        if reply is None:
            continue
        marks = (Mark(turn.index, 0, 8), Mark(reply.turn, 0, 12))
        text = document.turns[reply.turn].text
        asked = _EVER.search(turn.text) and _GENERAL.search(turn.text)
        never = reply.answer is Answer.NO or re.match(r"[^，。]{0,4}没(买|做|炒|接触|玩)过", text)
        if asked and not _SPECIAL.search(turn.text) and never and "年" not in text:
            yield _answer("novice", marks, "experience.never")
        elif _HOW_LONG.search(turn.text):
            months = max((d.low for d in durations.find_durations(text)), default=0)
            if months >= OLD_HAND:
                yield _answer("experienced", marks, "experience.how_long")


def _is_of_the_phone(document: Document, mention: Mention) -> bool:
    """这个我不会弄, said of the telephone or of a form, is no word about investing."""
    prompt = document.prompt(mention.turn)
    return prompt is not None and "不会" in mention.text and bool(_PHONE.search(prompt.text))


def _answer(level: str, marks: tuple[Mark, ...], rule: str) -> Candidate:
    return Candidate(
        tag=TAG,
        value={"level": level},
        marks=marks,
        rule=rule,
        confidence=0.8,
        certainty="confirmed",
    )
