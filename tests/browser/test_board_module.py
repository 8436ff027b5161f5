"""The front-end modules over links of our own: empty, silent, dead, sorted, large, narrow, mirrored."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pmo_kit as pmo
from pmo_kit.widgets import board as module
from pmo_kit.widgets import committee_session
from pmo_kit.widgets.panel import Drawn, Frame, front
from tests.browser.conftest import warm
from tests.conftest import shipped_register

pytestmark = pytest.mark.browser
PARTS = ("state", "prices", "progress", "notice", "options")


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a board of sixty projects says, money moved and a project forced, every price known."""
    board = committee_session(pmo.Question(shipped_register("meridian")), folder=tmp_path_factory.mktemp("s"))
    move = {"type": "force", "seq": 1, "project": "P08", "way": "in", "reason": "promised", "by": "Chair"}
    board._receive(None, {"type": "money", "seq": 0, "value": 85}, None)
    board._receive(None, move, None)
    board.wait()
    found = {part: getattr(board, part) for part in PARTS}
    board.close()
    return found


@pytest.fixture(scope="module")
def still(browser: Any) -> Iterator[Any]:
    """A profile in which time goes on only as a test lets it."""
    context = warm(browser)
    context.clock.install(time=0)
    context.clock.pause_at(1000)
    yield context
    context.close()


@pytest.fixture
def opened(still: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A page with the board and a link that the test holds: `sent`, `hear(news)`, `link`."""
    complaints: list[str] = []

    def show(width: int = 1280, height: int = 800, place: int = 833) -> Any:
        script = front("link.js", "board.js")
        page_file = tmp_path / "board.html"
        page_file.write_text(
            f"<meta charset=utf8><style>body{{margin:0}}{module.Board._css}</style>"
            f"<div id=place style='width:min(100vw, {place}px)'></div><script type=module>{script}\n"
            "window.sent = []; window.status = ''; window.broken = false;"
            "const link = { send: m => { if (window.broken) throw new Error('Cannot send'); window.sent.push(m); },"
            " listen: act => { window.hear = act; return () => { window.deaf = true; }; },"
            " health: () => window.health };"
            "window.health = ''; window.end = board(document.getElementById('place'), link);</script>",
            encoding="utf-8",
        )
        page = still.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(page_file.as_uri())
        page.wait_for_selector(".pw-board")
        return page

    yield show
    for page in still.pages[1:]:
        page.close()
    assert complaints == []


def hear(page: Any, news: dict[str, Any]) -> None:
    page.evaluate("news => window.hear(JSON.parse(news))", json.dumps(news))


@pytest.mark.long
@pytest.mark.parametrize("nothing", [{}, {"state": {}}, {part: {} for part in PARTS}, {"state": None, "prices": None}])
def test_an_empty_state_is_drawn_and_asked_again(
    opened: Callable[..., Any], heard: dict[str, Any], nothing: dict[str, Any]
) -> None:
    page = opened()
    hear(page, nothing)
    assert page.locator(".pw-headline").inner_text() == "Waiting for the first answer…"
    assert "undefined" not in page.locator(".pw-board").inner_text()
    for label in ("Undo", "Recommended"):
        page.get_by_role("button", name=label, exact=True).click()
    page.clock.run_for(5000)
    assert page.evaluate("window.sent.filter(m => m.type === 'ready').length") >= 2
    hear(page, heard)
    assert page.locator(".pw-row[data-project]").count() == 60
    page.clock.run_for(1000)
    assert page.evaluate("window.sent.at(-1).type") == "ping"


@pytest.mark.long
def test_the_dialog_speaks_of_the_level_that_is_chosen(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, heard)
    rows = heard["state"]["projects"]
    one = next(p for p in rows if p["decision"] == "fund" and p["forced"] == "free" and len(p["levels"]) > 1)
    other = next(level for level, label in one["levels"] if label != one["level"])
    page.locator(f"[data-project={one['id']}] [data-way=in]").click()
    words, level = page.locator(".pw-price"), page.get_by_role("combobox", name="Level", exact=True)
    assert words.inner_text() == "The plan shown does this already; the choice holds it there."
    level.select_option(other)
    assert words.inner_text() == "What this level costs is known when it is chosen."
    level.select_option(next(level for level, label in one["levels"] if label == one["level"]))
    assert "does this already" in words.inner_text()
    nothing = [{**p, "decision": "none"} for p in rows]
    hear(page, {"state": {**heard["state"], "projects": nothing}})
    assert words.inner_text() == "There is no plan now to compare with."


def test_where_there_is_no_plan_no_price_is_promised(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, {**heard, "prices": {}})
    free = page.locator("[data-project][data-forced=free] .pw-cost", has_not_text="by law")
    assert set(free.all_inner_texts()) == {"…"}
    hear(page, {"state": {**heard["state"], "status": "none"}})
    assert set(free.all_inner_texts()) == {"–"}


def test_parts_may_come_in_any_order(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    for part in ("prices", "options", "notice", "progress", "state"):
        hear(page, {part: heard[part]})
    assert page.locator("[data-project=P02] .pw-cost").inner_text() == heard["prices"]["P02"]["short"]


def test_silence_is_said_and_taken_back(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, heard)
    alarm = page.locator(".pw-alarm")
    page.get_by_role("button", name="Undo", exact=True).click()
    page.clock.run_for(2000)
    assert alarm.is_hidden(), "two seconds are no silence"
    page.clock.run_for(3000)
    assert "run this cell again" in alarm.inner_text().lower()
    assert page.locator(".pw-proof").is_hidden()
    hear(page, {"pong": 1})
    assert alarm.is_hidden()
    assert page.locator(".pw-proof").is_visible()


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        ("window.health = 'dead'", "The kernel has stopped"),
        ("window.broken = true", "The kernel has stopped"),
    ],
)
def test_a_dead_kernel_is_said_without_a_click(
    opened: Callable[..., Any], heard: dict[str, Any], breaks: str, words: str
) -> None:
    page = opened()
    hear(page, heard)
    page.evaluate(f"() => {{ {breaks}; }}")
    page.clock.run_for(5000)
    assert page.locator(".pw-alarm").inner_text().startswith(words)
    page.get_by_role("button", name="Undo", exact=True).click()
    assert page.locator(".pw-alarm").is_visible()


def test_a_busy_kernel_is_not_called_dead(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, heard)
    page.evaluate("() => { window.health = 'busy'; }")
    page.get_by_role("button", name="Undo", exact=True).click()
    page.clock.run_for(5000)
    assert page.locator(".pw-alarm").inner_text().startswith("The kernel is busy with another cell")


def test_every_column_sorts(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, heard)
    ids = "() => [...document.querySelectorAll('.pw-row[data-project]')].map(r => r.dataset.project)"
    first = page.evaluate(ids)
    table = {p["id"]: p for p in heard["state"]["projects"]}
    for key, of in {"worth": "worth", "spend": "spend", "name": "name", "price": "low", "forced": "forced"}.items():
        head = page.locator(f".pw-sort[data-sort={key}]")
        head.click()
        values = [
            heard["prices"].get(i, {}).get("low", 1e301) if key == "price" else table[i][of] for i in page.evaluate(ids)
        ]
        assert values == sorted(values, reverse=key in ("worth", "spend")), key
        direction = head.locator("..").get_attribute("aria-sort")
        assert direction == ("descending" if key in ("worth", "spend") else "ascending"), key
        head.click()
        head.click()
        assert page.evaluate(ids) == first, key


@pytest.mark.parametrize(
    ("width", "height", "place", "clicks", "full"),
    [
        (1280, 800, 833, 0, False),
        (1920, 1080, 1450, 0, False),
        (1280, 800, 833, 2, False),
        (640, 400, 420, 0, False),
        (1280, 800, 1280, 3, False),
        (1280, 720, 1280, 1, False),
        (1280, 720, 1280, 2, True),
        (1920, 1080, 1920, 3, False),
        (1280, 800, 833, 0, True),
        (640, 400, 420, 0, True),
    ],
)
def test_nothing_is_cut_or_runs_out(
    opened: Callable[..., Any],
    heard: dict[str, Any],
    width: int,
    height: int,
    place: int,
    clicks: int,
    full: bool,
) -> None:
    page = opened(width, height, place)
    hear(page, heard)
    if full:
        page.get_by_role("button", name="Full screen").click()
        page.wait_for_function("document.fullscreenElement?.className === 'pw-board'")
        fills = "b => [b.clientWidth === innerWidth, b.clientHeight === innerHeight]"
        assert page.locator(".pw-board").evaluate(fills) == [True, True]
        page.get_by_role("button", name="Leave full screen").wait_for()
    for _ in range(clicks):
        page.get_by_role("button", name="Larger type").click()
    page.wait_for_function("document.querySelector('.pw-desk').offsetWidth > 0")
    root = page.locator(".pw-board")
    assert root.evaluate("b => b.scrollWidth - b.clientWidth") <= 1
    right = root.bounding_box()["x"] + root.bounding_box()["width"]
    for part in ("button:visible", ".pw-headline", ".pw-proof", ".pw-log"):
        for box in page.locator(f".pw-board {part}").evaluate_all(
            "all => all.map(n => n.getBoundingClientRect().right)"
        ):
            assert box <= right + 1, part
    over = """all => all.map(n => n.getBoundingClientRect()).filter((box, i, boxes) =>
        i && box.top < boxes[i - 1].bottom - 1).length + all.filter(n => n.scrollHeight > n.clientHeight + 4
        && !n.querySelector('.pw-gauges, .pw-moved, .pw-log')).length"""
    assert page.locator(".pw-right > .pw-section").evaluate_all(over) == 0, "nothing stands on something else"
    cut = page.locator(".pw-headline").evaluate("n => [n.scrollWidth - n.clientWidth, n.scrollHeight - n.clientHeight]")
    assert max(cut) <= 4


def test_a_case_without_a_plan_cannot_be_decided(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    none = {"id": "none", "words": "Too much", "value": "no plan", "none": True}
    plan = {"id": "plan", "words": "The recommended plan", "value": "33.5", "none": False}
    hear(page, {**heard, "state": {**heard["state"], "cases": [none, plan]}})
    page.get_by_role("button", name="End of meeting…").click()
    assert page.locator(".pw-case input").evaluate_all("all => all.map(n => [n.value, n.disabled, n.checked])") == [
        ["none", True, False],
        ["plan", False, True],
    ]
    page.get_by_role("button", name="Write minutes and decisions").click()
    assert [one["case"] for one in page.evaluate("window.sent") if one["type"] == "decide"] == ["plan"]


def test_who_decided_otherwise_before_is_not_named_for_the_new_choice(
    opened: Callable[..., Any], heard: dict[str, Any]
) -> None:
    page = opened()
    hear(page, heard)
    page.locator(".pw-row[data-project=P08] [data-way=out]").click()
    assert page.locator(".pw-by:visible").input_value() == heard["options"]["by"] != "Chair"
    assert page.locator(".pw-reason").input_value() == ""


def test_what_is_said_has_room(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    """Beside the controls of saved sessions nothing would be left of a comparison."""
    page = opened(1280, 800, 1220)
    sessions = {**heard["options"], "sessions": [["a", "Committee, 2026-10-15 14:02: money −2 %"]]}
    said = "There money −2 %: 20.5 EUR million; here 9 projects forced: 21.5. Here against there: " + "Solar in, " * 18
    hear(page, {**heard, "options": sessions, "notice": {"text": said, "error": False}})
    over = "n => [n.scrollHeight - n.clientHeight, n.scrollWidth - n.clientWidth]"
    assert page.locator(".pw-notice").evaluate(over) == [0, 0]
    assert page.locator(".pw-foot").evaluate(over) == [0, 0]


def second_screen(page: Any) -> Any:
    """The page that the button of a board opens, once it shows its rows."""
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Second screen").click()
    opening.value.wait_for_selector(".pw-row[data-project]")
    return opening.value


def test_the_second_screen_shows_and_asks_nothing(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, heard)
    rows = heard["state"]["projects"]
    forced = [{**row, "forced": "in" if row["id"] == "P08" else "free", "forced_level": ""} for row in rows]
    hear(page, {"state": {**heard["state"], "projects": forced}})
    second = second_screen(page)
    assert second.locator(":is(button, select, input):visible:enabled:not(.pw-sort, .pw-which, .pw-role)").count() == 0
    choices = second.locator(".pw-choice button:visible")
    assert choices.evaluate_all("all => all.map(n => n.closest('.pw-row').dataset.project + n.innerText)") == ["P08In"]
    changed = {**heard["state"], "headline": "12.3 EUR million"}
    hear(page, {"state": changed})
    assert second.locator(".pw-headline").inner_text() == "12.3 EUR million"
    assert not any(message["type"] not in ("ready", "ping") for message in page.evaluate("window.sent"))


@pytest.mark.parametrize("widget", [module.Board, Frame, Drawn])
def test_a_module_starts_with_an_empty_model_and_asks_again(still: Any, tmp_path: Path, widget: Any) -> None:
    (tmp_path / "page.html").write_text("<div class=pw-panel></div>", encoding="utf-8")
    page = still.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    kernels = ("undefined", "{}", "{ kernel: null }", "{ kernel: { status: 'idle' } }")
    for nothing, kernel in itertools.product(("undefined", "null", "{}", "''"), kernels):
        page.evaluate(
            f"""async source => {{
                const heard = {{}}, model = {{
                    get: () => {nothing}, send: m => window.sent.push(m.type), widget_manager: {kernel},
                    on: (event, act) => {{ heard[event] = act; }}, off: event => {{ delete heard[event]; }} }};
                window.sent = []; window.heard = heard;
                const place = document.createElement("div");
                document.querySelector(".pw-panel").replaceChildren(place);
                const made = await import(URL.createObjectURL(new Blob([source], {{ type: "text/javascript" }})));
                window.end = made.default.render({{ model, el: place }}); }}""",
            widget._esm,
        )
        page.clock.run_for(5000)
        assert page.evaluate("window.sent.length") >= 2, (nothing, kernel)
        if widget is not Drawn:  # the frame around it says it for the chart
            alarm = page.locator(".pw-alarm")
            assert alarm.inner_text().startswith("The kernel does not answer"), (nothing, kernel)
            page.evaluate("window.heard['msg:custom']({ pong: 1 })")
            assert alarm.inner_text() == "", (nothing, kernel)
            page.evaluate("window.heard['comm_live_update']()")
            page.clock.run_for(1000)
            assert alarm.inner_text().startswith("The kernel has stopped; what is shown is the last answer. Run")
        page.evaluate("window.end()")
        assert page.evaluate("Object.keys(window.heard)") == [], (nothing, kernel)
        assert complaints == [], (nothing, kernel)
    page.close()


def test_a_second_screen_says_it_too(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, heard)
    second = second_screen(page)
    page.evaluate("() => { window.health = 'dead'; }")
    page.clock.run_for(2000)
    assert second.locator(".pw-alarm").inner_text().startswith("The kernel has stopped")
    assert second.locator(".pw-proof").is_hidden()
    page.evaluate("() => { window.health = ''; }")
    hear(page, {"pong": 1})
    assert second.locator(".pw-alarm").is_hidden()


def test_the_end_leaves_nothing(opened: Callable[..., Any], heard: dict[str, Any]) -> None:
    page = opened()
    hear(page, heard)
    page.evaluate("window.end()")
    assert page.locator(".pw-board").count() == 0
    assert page.evaluate("window.deaf")
