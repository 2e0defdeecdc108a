"""识别器名册: which recognizers there are, in the order in which they run, with their versions."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nlp.document import Candidate, Document
from nlp.recognizers import (
    churn,
    commitment,
    contact_busy,
    contact_channel,
    contact_time,
    experience,
    external,
    family,
    feedback,
    funds,
    horizon,
    permission,
    product,
    returns,
    risk,
)

ENGINE = "rules"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Recognizer:
    """识别器: one tag family. `find` is pure: a document in, candidates out. Raise `version` on change."""

    name: str
    version: str
    tag: str
    find: Callable[[Document], Iterable[Candidate]]


RECOGNIZERS: tuple[Recognizer, ...] = (
    Recognizer("funds", funds.VERSION, "funds.idle", funds.find),
    Recognizer("external", external.VERSION, "assets.external", external.find),
    Recognizer("product", product.VERSION, "intent.product", product.find),
    Recognizer("permission", permission.VERSION, "intent.permission", permission.find),
    Recognizer("risk", risk.VERSION, "risk.appetite", risk.find),
    Recognizer("experience", experience.VERSION, "experience.level", experience.find),
    Recognizer("returns", returns.VERSION, "expectation.return", returns.find),
    Recognizer("horizon", horizon.VERSION, "expectation.horizon", horizon.find),
    Recognizer("family", family.VERSION, "family.clue", family.find),
    Recognizer("contact_time", contact_time.VERSION, "contact.time", contact_time.find),
    Recognizer("contact_channel", contact_channel.VERSION, "contact.channel", contact_channel.find),
    Recognizer("contact_busy", contact_busy.VERSION, "contact.busy", contact_busy.find),
    Recognizer("feedback", feedback.VERSION, "voice.feedback", feedback.find),
    Recognizer("churn", churn.VERSION, "churn.risk", churn.find),
    Recognizer("commitment", commitment.VERSION, "commitment.advisor", commitment.find),
)


@lru_cache(maxsize=1)
def engine_version() -> str:
    """What is stored with every reading: changes whenever a rule, a word or a line of code of the reader does."""
    digest = hashlib.sha256()
    for path in sorted(p for p in HERE.rglob("*") if p.suffix in (".py", ".yaml", ".txt", ".npz")):
        digest.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{ENGINE}-{digest.hexdigest()[:12]}"
