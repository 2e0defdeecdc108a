"""客户心声 (voice.feedback): complaint, praise or wish about us, by subject. Words: nlp/lexicon/frames/feedback.yaml."""

from collections.abc import Iterator

from nlp.document import Candidate, Document
from nlp.recognizers.common import candidate

VERSION = "2"
TAG = "voice.feedback"


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per subject and sentiment."""
    for mention in document.of("feedback_said"):
        if not mention.has("quoted", "sarcastic"):
            topic, _, sentiment = mention.key.partition(".")
            yield candidate(TAG, mention, {"topic": topic, "sentiment": sentiment})
