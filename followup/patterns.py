"""词语的写法: regular expressions of the playbooks – compiled, held to words, and kept from running away.

White space in a pattern is layout and is dropped. A repetition of something that can itself be read in several ways
(`(a+)+`, `(甲|甲乙)*`) may take longer than a life on one sentence; `faults` names such patterns.
"""

import re
from importlib import import_module
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

NEVER = re.compile(r"(?!)")
MAX_PATTERN_CHARS = 8_000
MAX_WAYS = 32  #: in how many ways a repeated part with choices inside it may be repeated


def compiled(value: Any) -> re.Pattern[str]:
    """The pattern of a text. Raises ValueError with a Chinese reason."""
    if isinstance(value, re.Pattern):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("要一个正则表达式")
    if len(value) > MAX_PATTERN_CHARS:
        raise ValueError(f"正则表达式超过 {MAX_PATTERN_CHARS} 字")
    try:
        return re.compile(re.sub(r"\s+", "", value))
    except (re.error, RecursionError, OverflowError) as fault:
        raise ValueError(f"正则表达式不对: {fault}") from None


Pattern = Annotated[
    re.Pattern[str], BeforeValidator(compiled), WithJsonSchema({"type": "string", "format": "regex", "minLength": 1})
]


def faults(pattern: re.Pattern[str]) -> list[str]:
    """What is wrong with a pattern that compiles, in Chinese."""
    if pattern.pattern == NEVER.pattern:
        return []
    found = []
    if pattern.search(""):
        found.append("空话也会命中: 有一段可以什么都不写 (多了一个 | ?)")
    if re.search(r"(?<!\\)(\\\\)*\\b", pattern.pattern):
        found.append(r"\b 在中文里找不到词的边界, 请用 (?<!…) 和 (?!…)")
    if _runs_away(pattern.pattern):
        found.append("反复的部分里面还有反复或选择, 长句子会算不完; 请写成有限的次数")
    return found


def _runs_away(text: str) -> bool:
    return _ways(import_module("re._parser").parse(text)) > MAX_WAYS


def _ways(node: Any) -> int:
    """The greatest product of repetitions around something that can be read in several ways."""
    most = 1
    for operator, argument in node:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, times, body = argument
            times, inner = min(int(times), 10**6), _ways(body)
            most = max(most, times * inner if _has_choice(body) and times > 1 else inner)
        else:
            most = max([most, *(_ways(part) for part in _parts(argument))])
    return most


def _has_choice(node: Any) -> bool:
    """Whether a part can match the same words in more than one way, as far as its form tells."""
    for operator, argument in node:
        name = str(operator)
        if name == "BRANCH" or (name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] != argument[1]):
            return True
        if any(_has_choice(part) for part in _parts(argument)):
            return True
    return False


def _parts(argument: Any) -> list[Any]:
    """The patterns inside one element."""
    if hasattr(argument, "data"):
        return [argument]
    if isinstance(argument, tuple | list):
        return [part for inner in argument for part in _parts(inner)]
    return []
