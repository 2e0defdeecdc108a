"""演示模型: what the demo's model heard says so wherever it is shown; what others wrote does not."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import pipeline
from api.labels import DEMO_MODEL, source_text
from asr.models import StoredConversation
from dongke import db

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]


@pytest.fixture
def heard(client: TestClient, login: Login, talk: Talk) -> Callable[[str], dict[str, str]]:
    """`heard("demo:x@1")` gives everything that shows the talk K1, whose words came from there."""

    def show(source: str) -> dict[str, str]:
        mine = login("a1")
        client.post("/v1/conversations", json=talk("K1"), headers=login("pipe"))
        with db.session_scope() as session:
            pipeline.process_conversation(session, "K1")
            session.get_one(StoredConversation, "K1").source = source
        shown = {"talk": client.get("/v1/conversations/K1", headers=mine).json()["source_text"]}
        found = client.post("/v1/conversations/search", json={"words": "闲着"}, headers=mine).json()["items"]
        shown["search"] = found[0]["source_text"]
        tags = client.get("/v1/customers/C1/profile", headers=mine).json()["tags"]
        shown["card"] = DEMO_MODEL if all(e["demo"] for tag in tags for e in tag["evidence"]) else ""
        for form in ("json", "vtt", "txt"):
            asked = {"format": form}
            shown[form] = client.get("/v1/conversations/K1/transcript", params=asked, headers=mine).text
        return shown

    return show


def test_the_demo_s_model_is_named_everywhere(heard: Callable[[str], dict[str, str]]) -> None:
    assert [place for place, text in heard("demo:demo_model@7380ffb9").items() if DEMO_MODEL not in text] == []


@pytest.mark.parametrize("source", ["given", "large-v3-turbo@1a2b3c4d", "sidecar@1a2b3c4d", "vendor:aliyun", "wecom"])
def test_nothing_else_is_called_so(heard: Callable[[str], dict[str, str]], source: str) -> None:
    assert [place for place, text in heard(source).items() if DEMO_MODEL in text] == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("given", ""),
        ("wecom", ""),
        ("demo:demo_model@1", "演示模型"),
        ("large-v3-turbo@1a2b", "语音模型 large-v3-turbo"),
        ("sidecar@1a2b", "录音旁的文字稿"),
        ("vendor:aliyun", "外来文字稿 (aliyun)"),
    ],
)
def test_where_words_come_from_is_told_in_chinese(source: str, text: str) -> None:
    assert source_text(source) == text
