"""机构名: one name for an institution, however a source writes it – 招行, 招商银行股份有限公司 and 招商银行 are one.

The names are the lexicon's (nlp/lexicon/institutions.yaml), which is a table: nothing of the language stack is loaded.
What the lexicon does not know, and a name that several institutions share (平安), stays as it is written.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from nlp import vocabulary

_COMPANY = re.compile(r"(?:集团)?(?:股份)?(?:有限(?:责任)?公司)$")


def canonical(name: Any) -> str | None:
    """The usual short name; None where there is no name."""
    if not isinstance(name, str):
        return None
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    short = _COMPANY.sub("", plain)
    known = _names()
    tried = (plain, short, short.removeprefix("中国"))
    return next((known[word.lower()] for word in tried if word.lower() in known), short) or None


def is_same(one: Any, other: Any) -> bool:
    """Whether both name one institution."""
    return canonical(one) is not None and canonical(one) == canonical(other)


@cache
def _names() -> Mapping[str, str]:
    """Every word for an institution with its short name, but for the words that several share."""
    shared = {word.lower() for word in vocabulary.load("ambiguous")["names"]}
    found: dict[str, str] = {}
    for name, entry in vocabulary.load("institutions").items():
        for word in (str(w).lower() for w in entry["words"]):
            if found.setdefault(word, name) != name:
                shared.add(word)
    own = {name.lower(): name for name in vocabulary.load("institutions")}
    return {word: name for word, name in found.items() if word not in shared} | own
