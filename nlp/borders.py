"""错断: commas and stops that a speech recogniser put where no clause can end are found and dropped."""

import re
from functools import cache

from nlp import vocabulary
from nlp.matcher import Matcher

_SOFT = "，。"
#: words that cannot end a clause, particles that cannot begin one, units that belong to the number before
_WRONG = re.compile(
    r"(?<=[^，。？！；][把被从跟和给很就也都还挺太最更再又将或与并这每])[，。](?=[\u4e00-\u9fff])"
    r"|(?<=[放存搁买躺趴套压]在)[，。](?=[\u4e00-\u9fff])"
    r"|[，。](?=(?:的(?!确)|吗|呢|吧|嘛|了(?![解不却])|们|着(?![急手火重实]))(?:$|[^\u4e00-\u9fff]|[\u4e00-\u9fff]))"
    r"|(?<=[\d一二三四五六七八九十百千几两多来])[，。](?=[万亿](?![一元物事能]))"
)
_ANY = re.compile(r"[，。]")


def wrong(text: str) -> frozenset[int]:
    """Places of the borders that stand where none can be."""
    if not _ANY.search(text):
        return frozenset()
    return frozenset(m.start() for m in _WRONG.finditer(text)) | _inside_words(text)


def _inside_words(text: str) -> frozenset[int]:
    """可转，债: a border inside a term, where neither part is a term by itself."""
    kept = [n for n, char in enumerate(text) if char not in _SOFT]
    joined = "".join(text[n] for n in kept)
    found = set()
    for hit in _terms().find(joined):
        start, end = kept[hit.start], kept[hit.end - 1] + 1
        if end - start == hit.end - hit.start:
            continue
        if not any(part in _parts() for part in _ANY.split(text[start:end])):
            found |= {n for n in range(start, end) if text[n] in _SOFT}
    return frozenset(found)


@cache
def _parts() -> frozenset[str]:
    words = {
        str(w).lower() for name in ("products", "permissions") for row in vocabulary.load(name).values() for w in row
    }
    for key, entry in vocabulary.load("institutions").items():
        words |= {key, *(str(w).lower() for w in entry["words"])}
    return frozenset(words)


@cache
def _terms() -> Matcher[None]:
    return Matcher(dict.fromkeys(w for w in _parts() if len(w) >= 3 and not _ANY.search(w)))
