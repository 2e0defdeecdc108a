"""The playbooks are data: they load, are complete, and a broken one is refused with its place."""

from pathlib import Path

import pytest
import yaml

from dongke.errors import BadInput
from followup import playbooks

IDS = {"idle_funds", "external_assets", "permission", "product_intent", "call_back", "promise", "complaint", "churn"}
GOOD = {
    "id": "margin_calls",
    "version": "3",
    "label": "两融",
    "opens": [{"tag": "intent.permission", "where": {"permission": "margin"}}],
    "key": ["permission"],
    "due": {"rule": "trading_days", "days": 2},
    "about": {"keyed": ["permission"], "words": "两融 |\n  融资"},
}


def write(folder: Path, **changes: object) -> Path:
    (folder / "one.yaml").write_text(yaml.safe_dump(GOOD | changes, allow_unicode=True), encoding="utf-8")
    return folder


def test_the_products_own() -> None:
    books = {book.id: book for book in playbooks.load()}
    assert set(books) == IDS
    assert [b.due.days for b in books.values() if b.due.rule == "trading_days"] == [1, 1, 5, 2, 1, 3]
    assert all(book.label and book.version for book in books.values())


def test_an_operators_folder_replaces_them(tmp_path: Path) -> None:
    (book,) = playbooks.load(write(tmp_path))
    assert (book.id, book.version, book.expires_after_days) == ("margin_calls", "3", 60)
    assert book.about.words.search("融资")
    assert book.about.words.search("两融")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"id": "Margin Calls"}, "id"),
        ({"opens": []}, "opens"),
        ({"due": {"rule": "someday"}}, "due.rule"),
        ({"due": {"rule": "trading_days"}}, "due.days"),
        ({"about": {}}, "about"),
        ({"about": {"words": "(两融"}}, "about.words"),
        ({"colour": "red"}, "colour"),
        ({"win": {"events": []}, "keep": {"events": []}}, "win"),
    ],
)
def test_a_broken_one_is_refused(tmp_path: Path, changes: dict[str, object], place: str) -> None:
    with pytest.raises(BadInput, match=place) as fault:
        playbooks.load(write(tmp_path, **changes))
    assert fault.value.code == "playbook-invalid"


def test_no_yaml_and_no_playbooks(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="playbook-invalid"):
        playbooks.load(tmp_path)
    (tmp_path / "one.yaml").write_text("id: [", encoding="utf-8")
    with pytest.raises(BadInput, match=r"one\.yaml"):
        playbooks.load(tmp_path)
