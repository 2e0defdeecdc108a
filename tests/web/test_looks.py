"""Every page: nothing that keeps somebody out (axe-core), nothing wider than a telephone; the card in other houses."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web.conftest import Service, grievous

PAGES = {
    "/": "form",
    "/advisor#C1014": "dk-history .entry",
    "/advisor?tab=search#C1019": "dk-history .entry",
    "/manager": "dk-overview .tile",
    "/manager?tab=overdue": "dk-overdue tbody tr",
    "/manager?tab=digging": "dk-digging tbody tr",
    "/manager?tab=voices": "dk-voices canvas",
    "/playbooks": "button.book",
    "/system": "dk-table",
    "/docs": "details",
}


@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_kept_out_and_nothing_is_wider_than_a_telephone(path: str, narrow: Page, service: Service) -> None:
    narrow.goto(service.base + path)
    expect(narrow.locator(PAGES[path]).first).to_be_visible()
    assert grievous(narrow) == []
    assert narrow.evaluate("document.scrollingElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_desk_with_everything_open_keeps_nobody_out(
    scheme: str, browser: Browser, service: Service, sign_in: Callable[[BrowserContext, str], None]
) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    sign_in(context, "advisor")
    page = context.new_page()
    page.goto(service.base + "/advisor#C1019")
    page.locator("dongke-profile .what").first.click()
    page.locator("dongke-profile").get_by_role("button", name="改").first.click()
    page.get_by_role("button", name="面谈").click()
    expect(page.locator("dongke-profile .correct")).to_be_visible()
    assert grievous(page) == []
    page.locator("dk-history button.entry", has_text="电话").first.click()
    expect(page.locator("dk-talk canvas").first).to_be_visible()
    assert grievous(page) == []
    context.close()


def test_the_card_at_360_px_on_a_foreign_page(browser: Browser, service: Service) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(service.crm)
    page.locator("dongke-profile .what").first.click()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    assert grievous(page) == []
    context.close()


def test_a_frame_shows_the_card_to_the_page_that_framed_it(page: Page, service: Service) -> None:
    page.goto(service.crm + "/crm.css")  # a page of the foreign origin with nothing on it
    token = page.evaluate(
        "fetch('/token', {method: 'POST', body: JSON.stringify({customer: 'C1014'})}).then((r) => r.json())"
    )["token"]
    page.evaluate(
        """([address, token]) => {
          window.told = [];
          addEventListener("message", ({ data }) => {
            told.push(data.type);
            const open = { type: "dongke:open", customer: "C1014", token };
            if (data.type === "loaded") frame.contentWindow.postMessage(open, address);
          });
          const frame = document.createElement("iframe");
          frame.src = address + "/embed";
          document.body.replaceChildren(frame);
        }""",
        [service.base, token],
    )
    expect(page.frame_locator("iframe").get_by_role("heading", name="唐敏之")).to_be_visible()
    page.wait_for_function("told.includes('ready')")


def test_no_other_page_may_frame_us(page: Page, service: Service) -> None:
    for path in ("/advisor", "/manager", "/"):
        policy = page.request.get(service.base + path).headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        assert service.crm not in policy
    assert service.crm in page.request.get(service.base + "/embed").headers["content-security-policy"]


def test_the_side_bar_says_where_it_belongs(narrow: Page, service: Service) -> None:
    narrow.goto(service.base + "/wecom")
    expect(narrow.get_by_role("alert")).to_contain_text("请在企业微信的聊天侧边栏里打开")
    assert grievous(narrow) == []


def test_the_side_bar_shows_whose_chat_is_open(narrow: Page, service: Service) -> None:
    """企业微信 is played: its SDK by a script of ours, the signature of its tickets by an answer of ours."""
    signed = {"corp_id": "ww1", "agent_id": "1", "timestamp": 1, "nonce": "n", "config_signature": "a"}
    narrow.route("**/v1/wecom/signature", lambda route: route.fulfill(json=signed | {"agent_signature": "b"}))
    narrow.add_init_script(
        """window.wx = {
          config() {}, error() {}, ready(done) { done(); }, agentConfig(given) { given.success(); },
          invoke(name, given, done) { done({ err_msg: name + ":ok", userId: "wmDemodiF8suudniFVgY9n9Rzrz0qmQX" }); },
        };"""
    )
    narrow.goto(service.base + "/wecom")
    expect(narrow.get_by_role("heading", name="李素琴")).to_be_visible()
    assert "C1019" not in narrow.url
    assert narrow.evaluate("document.scrollingElement.scrollWidth") <= 360
    assert grievous(narrow) == []
    assert "dongke-card C1019" in narrow.evaluate("Object.keys(sessionStorage)")  # shown at once the next time
    narrow.locator("dongke-profile .chance").first.click()
    expect(narrow.get_by_role("dialog").locator("dk-opportunity h2")).to_be_visible()
    narrow.keyboard.press("Escape")
    narrow.add_init_script("wx.invoke = () => undefined;")  # another chat, and it is not yet known whose
    narrow.reload()
    expect(narrow.get_by_role("status", name="正在打开")).to_be_visible()
    expect(narrow.get_by_role("heading", name="李素琴")).to_have_count(0)
