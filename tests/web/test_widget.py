"""<dongke-profile> on a foreign page: another origin, its own colours, a token for one customer."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import ROOT, Service

MOST_BYTES = 15_000
HEARD = """
window.heard = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  heard.push(["play", this.currentTime]);
  this.playbackRate = 4;
  this.addEventListener("pause", () => heard.push(["pause", this.currentTime]), { once: true });
  return play.call(this);
};
"""


@pytest.fixture
def crm(page: Page, service: Service) -> Page:
    """The sample CRM with the card of C1019."""
    page.add_init_script(HEARD)
    page.goto(service.crm)
    expect(page.get_by_role("heading", name="李素琴")).to_be_visible()
    return page


def test_the_script_with_lit_is_light() -> None:
    built = (ROOT / "api/static/dongke-profile.js").read_bytes()
    assert len(gzip.compress(built, 9)) < MOST_BYTES


def test_a_click_on_a_tag_shows_the_words_and_plays_exactly_those_seconds(crm: Page, service: Service) -> None:
    told = crm.request.post(service.crm + "/token", data={"customer": "C1019"}).json()
    headers = {"Authorization": f"Bearer {told['token']}"}
    tags = crm.request.get(service.base + "/v1/widget/profile", headers=headers).json()["tags"]
    spoken = [t for t in tags if t["status"] == "active"]
    said = [(t, e) for t in spoken for e in t["evidence"] if e["audio"] and _is_alone(e, t["evidence"])]
    tag, words = min(said, key=lambda one: one[1]["end_ms"] - one[1]["start_ms"])
    crm.locator("article.active .what", has_text=tag["label"]).filter(has_text=tag["value_text"]).click()
    crm.locator("button.quote", has_text=words["quote"]).first.click()
    crm.wait_for_function("heard.length > 1")
    (_, begun), (_, ended) = crm.evaluate("heard")
    assert begun == pytest.approx(words["start_ms"] / 1000 - 0.2, abs=0.05)
    assert words["end_ms"] / 1000 <= ended < words["end_ms"] / 1000 + 1.6  # four times as fast here, so it stops late
    event = json.loads(crm.locator("#events li").first.inner_text())
    assert (event["type"], event["utterance"]) == ("evidence", words["utterance"])


def _is_alone(one: dict[str, Any], evidence: list[dict[str, Any]]) -> bool:
    """Whether it is the only quote of its utterance: of several the longest is shown."""
    return [(e["conversation_id"], e["utterance"]) for e in evidence].count(
        (one["conversation_id"], one["utterance"])
    ) == 1


def test_no_address_names_the_customer_and_no_cookie_goes_abroad(page: Page, service: Service) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith(service.base) else None)
    page.goto(service.crm)
    page.get_by_role("button", name="闲置资金").click()
    assert any("/v1/widget/profile" in url for url in asked)
    assert not any("C1019" in url or "token" in url for url in asked)
    assert page.context.cookies() == []


def test_the_card_wears_the_colours_of_its_host(crm: Page) -> None:
    color = "getComputedStyle(document.querySelector('dongke-profile').shadowRoot.querySelector('.next b')).color"
    assert crm.evaluate(color) == "rgb(35, 81, 143)"


def test_a_token_of_somebody_else_shows_nothing(crm: Page) -> None:
    crm.evaluate("document.querySelector('dongke-profile').customer = 'C1014'")
    expect(crm.get_by_role("alert")).to_contain_text("凭证不是给这位客户的")
    expect(crm.get_by_role("heading", name="李素琴")).to_have_count(0)


def test_an_ended_token_is_told_and_a_fresh_one_shows_the_card_again(crm: Page) -> None:
    crm.evaluate("document.querySelector('dongke-profile').token = 'ended'")
    expect(crm.locator("#events")).to_contain_text('"type":"token"')  # the CRM heard it, and gives a fresh one
    expect(crm.get_by_role("heading", name="李素琴")).to_be_visible()
    expect(crm.get_by_role("alert")).to_have_count(0)


def test_a_verdict_is_seen_at_once_can_be_taken_back_and_changes_the_profile(page: Page, service: Service) -> None:
    page.clock.install()
    page.goto(service.crm)
    page.locator("#customers").select_option("C1041")
    expect(page.get_by_role("heading", name="金鑫")).to_be_visible()
    tag = page.locator("dongke-profile article.active").first
    label = tag.locator(".what").inner_text()
    tag.get_by_role("button", name="错").click()
    expect(page.locator("article.said")).to_have_count(1)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("article.said")).to_have_count(0)
    page.clock.fast_forward(10_000)
    assert "verdict" not in page.locator("#events").inner_text()

    tag.get_by_role("button", name="错").click()
    page.clock.fast_forward(10_000)
    expect(page.locator("#events")).to_contain_text('"verdict":"wrong"')
    gone = page.locator("dongke-profile details article.removed")
    page.locator("dongke-profile > details, dongke-profile summary").last.click()
    expect(gone.first).to_contain_text(label.split("\n")[0].split(" ")[0])


def test_a_correction_keeps_what_was_not_named(page: Page, service: Service) -> None:
    page.clock.install()
    page.goto(service.crm)
    page.locator("#customers").select_option("C1001")
    row = page.locator("article.active", has_text="风险偏好")
    row.get_by_role("button", name="改").click()
    expect(row.get_by_label("是")).to_be_focused()
    row.get_by_label("是").select_option("moderate")
    row.get_by_role("button", name="改成这样").click()
    page.clock.fast_forward(10_000)
    expect(page.locator("article.active", has_text="风险偏好")).to_contain_text("稳中求进")
    expect(page.locator("article.active", has_text="风险偏好")).to_contain_text("人工更正")


def test_what_a_customer_refuses_is_not_shown_again(page: Page, service: Service) -> None:
    page.goto(service.crm)
    page.locator("#customers").select_option("C1001")
    tag = page.locator("article.active .what", has_text="家庭线索").first
    label = tag.inner_text()
    tag.click()
    page.get_by_role("button", name="这条不再显示").click()
    expect(page.locator("article.active .what", has_text=label)).to_have_count(0)
    page.goto("about:blank")  # who leaves at once loses nothing
    told = page.request.post(service.crm + "/token", data={"customer": "C1001"}).json()
    headers = {"Authorization": f"Bearer {told['token']}"}
    expect(page).to_have_url("about:blank")
    for _ in range(20):
        card = page.request.get(service.base + "/v1/widget/profile?fields=tags", headers=headers).json()
        if not any(t["tag"] == "family.clue" and t["value_text"] in label for t in card["tags"]):
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError("it is still there")


def test_what_is_said_of_one_customer_never_goes_out_with_the_token_of_the_next(page: Page, service: Service) -> None:
    page.goto(service.crm)
    page.locator("#customers").select_option("C1041")
    expect(page.get_by_role("heading", name="金鑫")).to_be_visible()
    page.locator("dongke-profile article.active").first.get_by_role("button", name="对").click()
    with page.expect_response("**/feedback") as answer:
        page.locator("#customers").select_option("C1001")
    assert answer.value.status == 201
    expect(page.get_by_role("heading", name="周美珍")).to_be_visible()
    expect(page.locator("dongke-profile").get_by_role("alert")).to_have_count(0)


def test_a_verdict_that_did_not_arrive_is_told_and_can_be_tried_again(page: Page, service: Service) -> None:
    page.clock.install()
    page.goto(service.crm)
    page.locator("#customers").select_option("C1041")
    expect(page.get_by_role("heading", name="金鑫")).to_be_visible()
    page.route("**/feedback", lambda route: route.abort())
    page.locator("dongke-profile article.active").first.get_by_role("button", name="对").click()
    page.clock.fast_forward(10_000)
    told = page.locator("dongke-profile").get_by_role("alert")
    expect(told).to_contain_text("记为 对, 没有成功")
    page.locator("dongke-profile").evaluate("(card) => card.refresh()")  # what is new does not hide it
    expect(told).to_contain_text("没有成功")
    page.unroute("**/feedback")
    with page.expect_response("**/feedback") as answer:
        told.get_by_role("button", name="重试").click()
    assert answer.value.status == 201
    expect(told).to_have_count(0)


def test_the_last_card_goes_when_it_is_not_ones_own_any_more_and_else_says_that_it_is_old(crm: Page) -> None:
    crm.route("**/v1/widget/profile*", lambda route: route.abort())
    crm.reload()
    expect(crm.locator("dongke-profile")).to_contain_text("上次的卡, 没有更新")
    expect(crm.get_by_role("heading", name="李素琴")).to_be_visible()
    refused = {"type": "urn:dongke:token-other", "detail": "这位客户现在不归您服务"}
    crm.unroute("**/v1/widget/profile*")
    crm.route("**/v1/widget/profile*", lambda route: route.fulfill(status=403, json=refused))
    crm.reload()
    expect(crm.get_by_role("alert")).to_contain_text("不归您服务")
    expect(crm.get_by_role("heading", name="李素琴")).to_have_count(0)
    assert "dongke-card C1019" not in crm.evaluate("Object.keys(sessionStorage)")


def test_the_sample_asks_for_nothing_from_elsewhere() -> None:
    for path in (ROOT / "samples/crm").glob("*.*"):
        assert "https://" not in Path(path).read_text(encoding="utf-8")
