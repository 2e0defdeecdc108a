"""转写净化: text as everything after reads it: without marks where texts are compared, in simplified characters."""

import re
from functools import lru_cache
from typing import Any

_BROKEN = re.compile("[\x00\ud800-\udfff]")
_SKIP = re.compile(r"[\s,，.。!！?？、;；:：~…\"'“”‘’()（）《》<>\[\]【】-]+")


def bare(text: str) -> str:
    """The text without marks and spaces."""
    return _SKIP.sub("", text)


def safe(text: str) -> str:
    """The text without what the database cannot keep (NUL, lone surrogates); the length stays the same."""
    return _BROKEN.sub("\ufffd", text)


def simplify(text: str) -> str:
    """Traditional characters turned simplified 繁转简; the length stays the same or the text is left alone."""
    plain = str(_opencc().convert(safe(text)))
    return plain if len(plain) == len(text) else text


@lru_cache(maxsize=1)
def _opencc() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
