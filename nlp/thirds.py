"""他与她: what a pronoun opens is somebody else's, where the person spoken of last is no one of the household."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nlp.document import Mention, Turn

BACK = 8  #: so many turns back the person may have been named
FLAG = "other_holder"
_PRONOUN = re.compile(
    r"^(但|可|还|那|所以|然后|后来|因为|就|结果|反正|嗯|哦|啊|，){0,2}(他|她|人家|大神)(?!们?家)(们)?(自己)?"
)
_PERSON_ACTS = re.compile(
    r"^[^，。]{0,3}(他|她)(们)?(手头|手上|手里|还问|问|想|说|有个|有一|自己|那边|买|投|存|今年|去年)"
)
_COMPANY = re.compile(
    r"(我们)?公司(?!分红|给|发|年会|的?年终|奖)[^，。]{0,3}(现在|账|的钱|那边|放|存|买|有|闲)|单位(账|的钱)|对公"
)
_HOUSEHOLD = re.compile(
    r"老公|老婆|爱人|我先生|太太|媳妇|老伴|对象|妻子|丈夫|孩子他?[爸妈]|我家那|那口子|他爸|她妈|他妈|两口子"
)
_OTHERS = re.compile(
    r"同事|朋友|同学|邻居|亲戚|隔壁|表[哥弟姐妹]|堂[哥弟姐妹]|我[家的]?(哥|弟|姐|妹|叔|姑|舅|姨|妈|爸|儿子|女儿|闺女|侄|婆婆|公公|岳父|岳母|丈母娘|老丈人)"
    r"|老[张李王周刘赵陈孙杨黄吴徐]|大神|网友|博主|群友|战友|哥们|闺蜜|老乡|姐妹|嫂子|姐夫|亲家|工友|室友|小舅子|经理|柜台|小伙子|小姑娘"
)
_BACK_TO_ME = re.compile(r"我(?!们?(妈|爸|哥|姐|弟|妹|儿|女|朋友|同事|同学|婆|公))")


def apply(turns: Sequence[Turn], mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions, those in a clause of 他 or 她 flagged as another's."""
    barred = {n: span for n, turn in enumerate(turns) if turn.by_customer for span in [_spans(turns, turn)] if span}
    if not barred:
        return list(mentions)
    return [_flagged(m, barred.get(m.turn, [])) for m in mentions]


def _flagged(mention: Mention, spans: list[tuple[int, int]]) -> Mention:
    if not any(start <= mention.start < end for start, end in spans):
        return mention
    return replace(mention, flags=mention.flags | {FLAG}, because=(*mention.because, f"{FLAG}: 他"))


def _spans(turns: Sequence[Turn], turn: Turn) -> list[tuple[int, int]]:
    """Where a clause that a pronoun opens begins and ends: up to the next 我 of the turn."""
    found = []
    for start, end in turn.clauses:
        clause = turn.text[start:end]
        hit = _COMPANY.search(clause)
        if hit is None and (hit := _PRONOUN.match(clause)):
            named = _named(turns, turn, start)
            if named == "home" or (named is None and not _PERSON_ACTS.match(clause)):
                continue
        if hit is None:
            continue
        me = _BACK_TO_ME.search(turn.text, start + hit.end())
        found.append((start, me.start() if me else len(turn.text)))
    return found


def _named(turns: Sequence[Turn], turn: Turn, position: int) -> str | None:
    """Whether the person named last before the place is of the household (home), another, or none was named."""
    texts = [turn.text[:position], *(t.text for t in reversed(turns[max(turn.index - BACK, 0) : turn.index]))]
    for text in texts:
        home = max((h.start() for h in _HOUSEHOLD.finditer(text)), default=-1)
        other = max((h.start() for h in _OTHERS.finditer(text)), default=-1)
        if home >= 0 or other >= 0:
            return "other" if other > home else "home"
    return None
