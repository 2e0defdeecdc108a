"""接听人: whether the person on the line is the customer. Where a relative answers, nothing is tagged."""

import re
from collections.abc import Sequence
from functools import cache

from nlp import vocabulary
from nlp.document import Turn

FIRST = 8  #: so many turns from the start may say who is there


def stranger(turns: Sequence[Turn]) -> Turn | None:
    """The turn in which somebody who is not the customer says so, if any."""
    for turn in turns[:FIRST]:
        if turn.by_customer and _pattern().search(turn.text):
            return turn
    return None


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in vocabulary.load("roles")["relative"]))
