"""风险偏好 (risk.appetite): the stance the customer states. Words: nlp/lexicon/frames/risk.yaml."""

from collections.abc import Iterable

from nlp.document import Candidate, Document
from nlp.recognizers.common import by_frame

VERSION = "1"


def find(document: Document) -> Iterable[Candidate]:
    """One candidate per stance; the last one stands."""
    return by_frame(document, "risk", "risk.appetite", "level")
