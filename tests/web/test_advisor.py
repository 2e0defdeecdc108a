"""投顾页面: whom to call, what was said, what was done; with the mouse, with the keyboard, and without a reload."""

from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web.conftest import Service

SignIn = Callable[[BrowserContext, str], None]


def test_the_day_begins_with_the_first_of_the_list(desk: Page) -> None:
    first = desk.locator("dk-morning li button").first
    expect(first).to_have_attribute("aria-current", "true")
    expect(desk.locator("dongke-profile header h2")).to_contain_text(first.locator("b").inner_text())


def test_words_deeds_and_the_file_stand_on_one_page_contradictions_first(board: Page, service: Service) -> None:
    board.goto(service.base + "/advisor?tab=customers#C1004")
    card = board.locator("dongke-profile")
    expect(card.locator("header + .against")).to_contain_text("比价")
    expect(card.locator("article").first).to_be_visible()
    expect(board.locator("dk-facts")).to_contain_text("风险等级")
    expect(board.locator("dk-facts")).to_contain_text("基金偏好指数")


def test_the_words_follow_the_sound_and_doubt_is_grey(desk: Page, service: Service) -> None:
    desk.goto(service.base + "/advisor#C1019")
    desk.locator("dk-history button.entry", has_text="电话").first.click()
    talk = desk.get_by_role("dialog")
    expect(talk.locator("canvas").first).to_be_visible()  # the wave
    expect(talk.locator("mark").first).to_be_visible()
    line = talk.locator("li", has_text="五十万")
    line.get_by_role("button", name="听这一句").click()
    expect(talk.locator("li.now")).to_contain_text("五十万")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)


def test_words_are_found_in_talks_and_no_address_holds_them(desk: Page, service: Service) -> None:
    desk.get_by_role("tab", name="搜会话").click()
    desk.get_by_label("在会话里找").fill("国债")
    desk.keyboard.press("Enter")
    hit = desk.locator("dk-search li button").first
    expect(hit.locator("mark")).to_have_text("国债")
    assert "国债" not in desk.url
    hit.click()
    expect(desk.get_by_role("dialog").locator("li.wanted")).to_contain_text("国债")


def test_a_contact_is_noted_in_two_clicks_and_the_board_changes(
    desk: Page, service: Service, browser: Browser, sign_in: SignIn
) -> None:
    context = browser.new_context(locale="zh-CN")
    sign_in(context, "manager")
    board = context.new_page()
    board.goto(service.base + "/manager?tab=overdue")
    late = board.locator("dk-overdue tbody tr", has_text="潘志刚").filter(has_text="约定回电")
    expect(late).to_contain_text("待跟进")

    desk.clock.install()
    desk.goto(service.base + "/advisor#C1026")
    desk.get_by_role("button", name="电话", exact=True).click()
    desk.get_by_role("button", name="谈到了: 约定回电").click()
    expect(desk.locator("dk-toasts")).to_contain_text("撤销")
    with desk.expect_response("**/v1/customers/C1026/contacts") as answer:
        desk.clock.fast_forward(10_000)
    assert answer.value.status == 201
    expect(late.filter(has_text="待跟进")).to_have_count(0, timeout=15_000)  # nobody reloaded the board
    context.close()


def test_a_new_verdict_shows_on_the_desk_without_a_reload(desk: Page, service: Service) -> None:
    desk.goto(service.base + "/advisor#C1014")
    tag = desk.locator("dongke-profile article.active").first
    tag.locator(".what").click()
    profile = desk.request.get(f"{service.base}/v1/customers/C1014/profile").json()
    first = next(t for t in profile["tags"] if t["status"] == "active" and t["label"] in tag.inner_text())
    token = desk.request.post(service.base + "/v1/token", data={"login": "manager", "password": "dongke-demo"}).json()
    count = desk.locator("dongke-profile article.active").count()
    answer = desk.request.post(
        f"{service.base}/v1/tags/{first['id']}/feedback",
        data={"verdict": "wrong"},
        headers={"Authorization": f"Bearer {token['access_token']}"},
    )
    assert answer.status == 201
    expect(desk.locator("dongke-profile article.active")).to_have_count(count - 1, timeout=15_000)


def test_what_is_new_takes_nothing_from_the_hand(desk: Page, service: Service) -> None:
    desk.goto(service.base + "/advisor#C1001")
    card = desk.locator("dongke-profile")
    row = card.locator("article.active", has_text="投资期限")
    row.get_by_role("button", name="改").click()
    field = row.locator("select").first
    expect(field).to_be_focused()
    field.select_option(index=1)
    chosen = field.input_value()
    count = card.locator("article.active").count()
    first = card.locator("article.active .label").first.inner_text()
    tags = desk.request.get(f"{service.base}/v1/customers/C1001/profile").json()["tags"]
    ident = next(t["id"] for t in tags if t["status"] == "active" and t["label"] == first)
    token = desk.request.post(service.base + "/v1/token", data={"login": "manager", "password": "dongke-demo"}).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    desk.request.post(f"{service.base}/v1/tags/{ident}/feedback", data={"verdict": "wrong"}, headers=headers)
    expect(card.locator("article.active")).to_have_count(count - 1)
    expect(field).to_be_focused()
    expect(field).to_have_value(chosen)


def test_words_taken_back_are_there_again_and_a_log_out_loses_none(desk: Page, service: Service) -> None:
    desk.goto(service.base + "/advisor#C1003")
    desk.get_by_role("button", name="面谈").click()
    desk.get_by_label("说了什么").fill("下周再谈")
    desk.get_by_role("button", name="只记联系").click()
    desk.get_by_role("button", name="撤销").click()
    expect(desk.get_by_label("说了什么")).to_have_value("下周再谈")
    desk.get_by_role("button", name="只记联系").click()
    with desk.expect_response("**/v1/customers/C1003/contacts") as answer:
        desk.get_by_role("button", name="退出").click()
    assert answer.value.status == 201
    desk.wait_for_url(lambda url: url.endswith("/"))


def test_everything_can_be_reached_with_the_keyboard_alone(page: Page, service: Service) -> None:
    page.goto(service.base + "/")
    expect(page.get_by_label("账号")).to_be_focused()  # without a click
    for text in ("advisor", "dongke-demo"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/advisor*")
    expect(page.locator("dongke-profile article.active").first).to_be_visible()
    _tab_to(page, "今天")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="客户")).to_have_attribute("aria-selected", "true")
    _tab_to(page, "李素琴")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="李素琴")).to_be_visible()
    _tab_to(page, "沟通方式偏好")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="发到我微信上就行")).to_be_visible()
    _tab_to(page, "改")
    page.keyboard.press("Enter")
    expect(page.locator("dongke-profile .correct select")).to_be_focused()
    _tab_to(page, "投顾去电话")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("dk-talk li").first).to_be_visible()
    page.keyboard.press("Escape")
    assert "投顾去电话" in _focused(page)  # the focus is back where it was


def _focused(page: Page) -> str:
    return str(
        page.evaluate(
            "() => { let a = document.activeElement;"
            " while (a?.shadowRoot?.activeElement) a = a.shadowRoot.activeElement;"
            " return (a?.getAttribute('aria-label') ?? '') + ' ' + (a?.innerText ?? ''); }"
        )
    )


def _tab_to(page: Page, text: str, most: int = 150) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if text in _focused(page):
            return
    raise AssertionError(f"{text} cannot be reached")
