"""docs/api.md names every operation, and no other."""

import re
from pathlib import Path

from api.app import create_app

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")


def test_the_document_names_every_operation_and_no_other() -> None:
    named = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?]*)`", PAGE))
    paths = create_app().openapi()["paths"]
    assert named == {(method.upper(), path) for path, methods in paths.items() for method in methods}
