"""投资经验 (experience.level): self-described, or evident from what he says of himself.
Words: nlp/lexicon/frames/experience.yaml."""

from collections.abc import Iterable

from nlp.document import Candidate, Document
from nlp.recognizers.common import by_frame

VERSION = "1"


def find(document: Document) -> Iterable[Candidate]:
    """One candidate per self-description; the last one stands."""
    return by_frame(document, "experience", "experience.level", "level")
