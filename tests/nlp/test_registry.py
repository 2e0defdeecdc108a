from nlp.registry import RECOGNIZERS, engine_version

GOLDEN = [
    ("funds", "funds.idle"),
    ("external", "assets.external"),
    ("product", "intent.product"),
    ("permission", "intent.permission"),
    ("risk", "risk.appetite"),
    ("experience", "experience.level"),
    ("returns", "expectation.return"),
    ("horizon", "expectation.horizon"),
    ("family", "family.clue"),
    ("contact_time", "contact.time"),
    ("contact_channel", "contact.channel"),
    ("contact_busy", "contact.busy"),
    ("feedback", "voice.feedback"),
    ("churn", "churn.risk"),
    ("commitment", "commitment.advisor"),
]


def test_the_recognizers_are_those_of_the_golden_list() -> None:
    assert [(r.name, r.tag) for r in RECOGNIZERS] == GOLDEN


def test_the_engine_version_names_every_recognizer() -> None:
    assert engine_version().count(".") == len(RECOGNIZERS) - 1
    assert all(r.version for r in RECOGNIZERS)
