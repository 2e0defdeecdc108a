"""转写净化: text as everything after reads it: without marks where texts are compared, in simplified characters."""

import re
from functools import lru_cache
from typing import Any

_SKIP = re.compile(r"[\s,，.。!！?？、;；:：~…\"'“”‘’()（）《》<>\[\]【】-]+")


def bare(text: str) -> str:
    """The text without marks and spaces."""
    return _SKIP.sub("", text)


def simplify(text: str) -> str:
    """Traditional characters turned simplified 繁转简; the length stays the same or the text is left alone."""
    plain = str(_opencc().convert(text))
    return plain if len(plain) == len(text) else text


@lru_cache(maxsize=1)
def _opencc() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
