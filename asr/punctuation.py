"""断句: marks by pauses, where the engine writes none.

The pauses stand in the words' times: no mark within a phrase, ， after a short pause, 。 after a longer one, ？ where
the sentence asks. An engine that punctuates is left alone.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from asr.cleanup import bare
from asr.edits import Change, rewrite
from asr.transcriber import Turn

COMMA_MS = 200  #: a pause this long is heard
SENTENCE_MS = 500
MIN_PHRASE = 2  #: characters between two marks
CHARS_PER_MARK = 40  #: an engine that writes a mark at least this often punctuates by itself
_MARKS = "，。？！、；：,.?!;:…"
_ASKS = re.compile(
    "(?:吗|呢|[了过好]没有?|是不是|行不行|好不好|对不对|可不可以|能不能|要不要|怎么样|怎么办|多少钱|几点|"
    "什么(?:时候|意思|事|条件))$"
)
_TELLS = re.compile("(?:不知道|不清楚|随便|无论|不管).{0,8}$|还没有?$")


def punctuate(turns: Sequence[Turn], hidden: Sequence[str]) -> tuple[Turn, ...]:
    """The turns with marks where pauses are; as they were where the engine writes marks or no word times are known.

    `hidden`: their texts as the mask of personal numbers leaves them: within a number there are no marks.
    """
    if has_marks(turns):
        return tuple(turns)
    return tuple(rewrite(turn, _marks(turn, text), "mark") for turn, text in zip(turns, hidden, strict=True))


def has_marks(turns: Sequence[Turn]) -> bool:
    """Whether these turns, taken together, are punctuated."""
    chars = sum(len(bare(turn.text)) for turn in turns)
    marks = sum(turn.text.count(mark) for turn in turns for mark in _MARKS)
    return marks * CHARS_PER_MARK >= chars


def _marks(turn: Turn, hidden: str) -> list[Change]:
    if "".join(w.text for w in turn.words) != turn.text:
        return []
    changes, place, begun = [], 0, 0
    for word, after in pairwise(turn.words):
        place += len(word.text)
        pause = after.start_ms - word.end_ms
        if pause < COMMA_MS or place - begun < MIN_PHRASE or turn.text[place - 1] in _MARKS:
            continue
        if hidden[place - 1 : place + 1] == "**":
            continue
        mark = _end_mark(turn.text[begun:place]) if pause >= SENTENCE_MS else "，"
        changes.append(Change(place, place, mark))
        begun = place
    if len(turn.words) > 1 and turn.text[-1:] not in _MARKS:
        changes.append(Change(len(turn.text), len(turn.text), _end_mark(turn.text[begun:])))
    return changes


def _end_mark(sentence: str) -> str:
    return "？" if _ASKS.search(sentence) and not _TELLS.search(sentence) else "。"
