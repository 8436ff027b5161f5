"""The page that answers back: in Chromium, from a file, without a network, the same answers as the engine."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from pmo_kit.arbitration import Override, Question, arbitrate, as_data, explain
from pmo_kit.arbitration.model import compile_model
from pmo_kit.arbitration.portable import MIME
from pmo_kit.errors import InfeasibleError
from pmo_kit.facts import number
from pmo_kit.packs import build_pack
from pmo_kit.packs.decisions import read_decisions
from pmo_kit.packs.media import html
from pmo_kit.packs.verify import verify_pack
from pmo_kit.shipped import shipped
from pmo_kit.widgets.session_files import compare_session, restore_session
from pmo_kit.widgets.session_state import Case, SessionState, base_and_case
from tests.arbitration.test_brute_force import ask
from tests.browser.lab import PATIENCE
from tests.conftest import shipped_register
from tests.packs.test_media_valid import check_schema
from tests.packs.tiny import notebook, write_workspace
from tests.strategies import cases

pytestmark = pytest.mark.browser
NEAR = 1e-6
TWELVE = shipped("data", "samples", "meridian_12")
CELLS = (
    "import pmo_kit as pmo\nquestion = pmo.Question(pmo.load_register(register_path), overrides=False)",
    "allocation = pmo.arbitrate(question)\nreasons = pmo.explain(allocation)",
    "pmo.show(pmo.figures.arbitration.plan(allocation, reasons))",
    "pmo.arbitration.as_data(reasons)",
)


def pack(home: Path, cells: tuple[str, ...] = CELLS) -> Path:
    """A pack of Meridian's twelve projects whose page answers."""
    parameters = 'register_path: str = "../data/samples/harbor"'
    file = write_workspace(home, one=notebook(*cells, parameters=parameters))
    shutil.rmtree(home / "data" / "samples" / "harbor")
    shutil.copytree(TWELVE, home / "data" / "samples" / "harbor")
    file.write_text(file.read_text(encoding="utf-8") + "live: true\nformats: [html]\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack, published."""
    home = tmp_path_factory.mktemp("live")
    return build_pack(pack(home), home / "out")


@pytest.fixture
def page(opened: Any, folder: Path, tmp_path: Path) -> Iterator[Any]:
    """The page alone, as it is sent by mail, ready to answer."""
    shutil.copy(folder / "index.html", tmp_path)
    page, complaints = opened(tmp_path / "index.html")
    page.wait_for_selector("html[data-live=ready]", state="attached")
    yield page
    assert complaints == []


def choose(page: Any, project: str, way: str) -> float:
    """Force or free a project in the panel; the value that is proven then."""
    page.locator(f"#live [data-project={project}] [data-way={way}]").click()
    return settled(page)


def settled(page: Any) -> float:
    page.wait_for_selector("html[data-live-busy=false]", state="attached")
    return float(page.evaluate("document.documentElement.dataset.liveValue") or "nan")


@pytest.mark.long
def test_a_choice_is_answered_as_the_engine_answers_it(page: Any) -> None:
    base = Question(shipped_register("meridian_12"), overrides=False)
    assert choose(page, "P08", "in") == pytest.approx(24.5, abs=NEAR)
    tiles = page.locator("#live .pw-tile")
    words = [" ".join(text.split()) for text in tiles.all_inner_texts()]
    assert words[0] == "Recommended in this pack 33.5 EUR million"
    assert words[1] == "Trial, not the pack's figures 24.5 9.0 less than recommended"
    assert "P07 Storm overflows" in page.locator("#live .lv-facts").inner_text()
    bar = page.locator(".lv-bar")
    assert bar.is_visible()
    assert "Trial, not the pack's figures" in bar.inner_text()
    assert "recommended 33.5" in bar.inner_text()
    plan = page.locator('[data-exhibit="arbitration.plan"] tr', has_text="Reservoir Learning Hub")
    assert plan.locator("[data-way=in]").get_attribute("aria-pressed") == "true"
    both = base.with_override("P08", "in").with_override("P04", "out")
    assert choose(page, "P04", "out") == pytest.approx(arbitrate(both).value, abs=NEAR)
    page.locator("#live [data-needs=undo]").click()
    assert settled(page) == pytest.approx(24.5, abs=NEAR)
    bar.get_by_role("button", name="Back to the plan").click()
    assert settled(page) == pytest.approx(33.5, abs=NEAR)
    assert bar.is_hidden()


@pytest.mark.long
def test_the_way_to_the_trial_moves_no_number_of_the_contents(page: Any) -> None:
    pairs = page.evaluate("""() => {
      let at = 0; const found = [];
      for (const line of document.querySelectorAll('.contents > ol > li')) {
        at = line.hasAttribute('value') ? line.value : at + 1;
        if (line.matches('.annex')) continue;
        const chapter = document.querySelector(line.querySelector('a').getAttribute('href'));
        found.push([String(at), chapter.querySelector('.chapter-number').textContent.trim()]);
      }
      return found;
    }""")
    assert pairs
    assert all(listed == printed for listed, printed in pairs)


@pytest.mark.long
def test_limits_move_by_slider_and_a_conflict_is_named(page: Any) -> None:
    base = Question(shipped_register("meridian_12"), overrides=False)
    slider = page.get_by_label("Money, percent of the envelopes")
    slider.evaluate("(s) => { s.value = 120; s.dispatchEvent(new Event('input', {bubbles: true})); }")
    page.locator(".lv-bar", has_text="+20").wait_for()
    assert settled(page) == pytest.approx(arbitrate(Case(1.2).question(base)).value, abs=NEAR)
    slider.evaluate("(s) => { s.value = 50; s.dispatchEvent(new Event('input', {bubbles: true})); }")
    choose(page, "P08", "in")
    said = page.locator("#live .pw-conflict").inner_text()
    assert re.search("money 2027: at most 25|money 2028: at most 23", said)  # half of 50 and 46
    for _ in range(2):
        page.locator("#live [data-needs=undo]").click()
        settled(page)
    choose(page, "P12", "out")  # a running project without a stop
    said = page.locator("#live .pw-conflict").inner_text()
    assert "P12" in said
    assert "out" in said


def test_what_the_page_hands_over_is_read_by_the_kit(page: Any, tmp_path: Path) -> None:
    choose(page, "P08", "in")
    page.get_by_role("button", name="Save decisions.csv").click()
    assert "without a reason is refused" in page.locator("#live .lv-notice").inner_text()
    page.get_by_label("Reason: P08 Reservoir Learning Hub in").fill('=promised, "to" the schools')
    page.get_by_label("Decided by: P08 Reservoir Learning Hub in").fill("Chair")
    for name in ("decisions.csv", "session.json"):
        with page.expect_download() as saved:
            page.get_by_role("button", name=f"Save {name}").click()
        shutil.copy(saved.value.path(), tmp_path / name)
    rows = {row["project_id"]: row for row in csv.DictReader(io.StringIO((tmp_path / "decisions.csv").read_text()))}
    assert rows["P08"]["reason"].startswith("'=promised")
    assert rows["P07"]["decision"] == "refuse"
    told = {row["project_id"]: row for row in read_decisions(tmp_path / "decisions.csv")}
    assert (told["P08"]["decision"], told["P08"]["recommended"], told["P08"]["decided_by"]) == (
        "fund",
        "refuse",
        "Chair",
    )
    assert len(told) == 12
    session = SessionState(Question(shipped_register("meridian_12"), overrides=False))
    assert restore_session(session, tmp_path).startswith("Opened: Board, ")
    assert compare_session(session, tmp_path).endswith("The plans are the same.")
    session.prove()
    assert session.answer.value == pytest.approx(24.5)
    assert session.case.forces[0].reason.startswith("=promised")
    assert session.log[0].words == "P08 Reservoir Learning Hub in"


def test_the_policy_lets_nothing_in_and_the_manifest_names_the_solver(folder: Path) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert found
    policy = {line.split()[0]: line.split()[1:] for line in found[1].replace("&#39;", "'").split(";")}
    assert policy["default-src"] == ["'none'"]
    assert policy["worker-src"] == ["blob:"]
    assert "connect-src" not in policy
    assert "unsafe-inline" not in found[1]
    assert all(x.startswith("'sha256-") for x in policy["style-src"])
    assert all(x == "'wasm-unsafe-eval'" or x.startswith("'sha256-") for x in policy["script-src"])
    manifest = json.loads((folder / "manifest.json").read_text())
    check_schema("manifest", manifest)
    check_schema("question", json.loads((folder / "question.json").read_text()))
    assert manifest["live"]["wasm"] == html.PINNED["highs.wasm"]
    assert manifest["live"]["question"] == manifest["outputs"]["question.json"]


def test_a_pack_is_rebuilt_byte_for_byte(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder.parent, tmp_path / "sent")
    found = verify_pack(tmp_path / "sent" / folder.name, run=True)
    assert found.equal, str(found)


def test_without_the_solver_the_page_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answered = notebook("1")
    answered.cells[-1].outputs = [{"output_type": "execute_result", "data": {MIME: {"version": 1}}}]
    assert html.find_live([answered])[0] is not None
    monkeypatch.setattr(html, "HOME", tmp_path)
    made, why = html.find_live([answered])
    assert made is None
    assert "make live" in why
    assert html.find_live([notebook("1")]) == (None, html.UNASKED)


def test_the_trial_is_reached_by_keyboard_and_axe_finds_no_barrier(opened: Any, folder: Path) -> None:
    source = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    for width, scheme in ((1280, "light"), (390, "dark")):
        page, _ = opened(folder / "index.html", width, scheme)
        page.wait_for_selector("html[data-live=ready]", state="attached")
        page.locator(".lv-open").focus()
        page.keyboard.press("Enter")
        page.locator("#live [data-project=P08] [data-way=out]").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert settled(page) == pytest.approx(24.5, abs=NEAR)
        assert page.evaluate("document.activeElement.dataset.way") == "in"
        page.keyboard.press("Control+z")
        assert settled(page) == pytest.approx(33.5, abs=NEAR)
        choose(page, "P08", "in")
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.emulate_media(media="print")
        assert page.locator("#live").is_hidden()
        assert page.locator(".lv-bar").is_hidden()


# The engine in JavaScript, without a page ------------------------------------------------------------


HARNESS = """
async function start(binary) {
  const wasm = await unpacked(binary);
  const instantiateWasm = (imports, take) => { WebAssembly.instantiate(wasm, imports).then(take); };
  window.highs = await Module({ instantiateWasm });
}
function answers(data, asked) {
  const question = new Question(data), solver = new Solver(highs, question);
  return asked.map((one) => {
    const found = solver.answer(one), limits = question.limits(one.money, one.people);
    const exact = one.plan && question.evaluate(one.plan, limits);
    return {
      status: found.status, value: found.plan ? amount(found.exact) : null, rules: found.rules, ms: found.ms,
      exact: exact && String(exact.value), broken: exact && exact.broken.map(([row, by]) => [row, String(by)]),
    };
  });
}
"""


@pytest.fixture(scope="module")
def engine(browser: Any) -> Iterator[Any]:
    """A blank page with the solver: `engine(data, cases)` gives answers, and plans in whole numbers."""
    answered = notebook("1")
    answered.cells[-1].outputs = [{"output_type": "execute_result", "data": {MIME: {"version": 1}}}]
    made, _ = html.find_live([answered])
    assert made is not None
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    reveal = "\nObject.assign(window, { Question, Solver, amount, unpacked });"
    page.add_script_tag(content=made.program + reveal)
    page.add_script_tag(content=f"(() => {{{(html.HOME / 'session.js').read_text()}\nwindow.printed = printed;}})()")
    page.add_script_tag(content=HARNESS)
    page.evaluate("(binary) => start(binary)", made.binary)
    yield partial(page.evaluate, "([data, asked]) => answers(data, asked)")
    page.close()


def asked(case: Case, plan: list[int] | None = None) -> dict[str, Any]:
    """A case as the page asks it."""
    forces = [{"project": f.project_id, "way": f.in_out, "level": f.level or ""} for f in case.forces]
    return {"money": case.money, "people": dict(case.people), "forces": forces, "plan": plan}


def best(base: Question, case: Case) -> float | None:
    """What the engine says of a case."""
    try:
        return arbitrate(case.question(base)).value
    except InfeasibleError:
        return None


def same(found: dict[str, Any], wanted: float | None) -> bool:
    if wanted is None:
        return found["status"] == "none" and found["value"] is None
    return found["status"] == "proven" and abs(found["value"] - wanted) <= NEAR * max(1.0, abs(wanted))


def check_random_registers(engine: Any, examples: int, start: int) -> set[str]:
    """Registers with every kind of rule, forced and moved at random: answers, and any plan in whole numbers."""
    rng, kinds = random.Random(start), set()

    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )
    @given(cases())
    def check(drawn: Any) -> None:
        question = ask(drawn)
        base, _ = base_and_case(question)
        try:
            data = as_data(arbitrate(question if rng.random() < 0.5 else base)).data
        except InfeasibleError:
            return
        check_schema("question", data)
        kinds.update(row["kind"] for row in data["rows"])
        kinds.update(name for name in ("products", "carries", "prices", "orders") if data[name])
        table, posed, wanted, exact = base.built.table, [], [], []
        for _ in range(4):
            case = Case(rng.choice([1.0, 1.0, 0.5, 0.85, 1.1, 1.37]))
            if len(base.built.demanding) and rng.random() < 0.3:
                case = case.with_people("engineer", rng.choice([0.5, 1.5]))
            for project in rng.sample(list(base.built.groups), rng.choice([0, 1, 1, 2])):
                levels = {str(x) for x in table.loc[[project], "base_level"]} - {"stop"}
                case = case.forced(
                    Override(
                        project_id=project,
                        in_out=rng.choice(["in", "out"]),
                        level=rng.choice([None, *sorted(levels)]),
                    )
                )
            plan = [int(rng.choice(list(group))) for group in base.built.groups.values() if rng.random() < 0.6]
            posed.append(asked(case, plan))
            wanted.append(best(base, case))
            exact.append(compile_model(case.unforced.question(base)).evaluate(plan))
        for one, value, whole, found in zip(posed, wanted, exact, engine([data, posed]), strict=True):
            assert same(found, value), (one, value, found)
            assert (found["exact"], found["broken"]) == (
                str(whole.value),
                [[row, str(by)] for row, by in whole.broken],
            )

    check()
    return kinds


def test_random_registers_of_every_rule_are_answered_alike(engine: Any) -> None:
    assert check_random_registers(engine, 8, 1)


@pytest.mark.slow
def test_many_random_registers_are_answered_alike(engine: Any) -> None:
    wanted = {"envelope", "capacity", "share", "count", "spend", "requires", "demand", "group"}
    wanted |= {"products", "carries", "prices", "orders"}
    kinds: set[str] = set()
    for start in range(2, 8):  # until every kind was drawn
        kinds |= check_random_registers(engine, 40, start)
        if start > 2 and kinds >= wanted:
            return
    raise AssertionError(f"never drawn: {wanted - kinds}")


def test_numbers_are_printed_alike(engine: Any) -> None:
    rng = random.Random(3)
    given = [1.15, -0.25, 2.675, 0.0, -0.04, 1e6, 84.85, -1234.56, 0.05, 999.95, 1e-9]
    given += [round(rng.uniform(-(10**k), 10**k), rng.choice([1, 2, 3, 12])) for k in range(8) for _ in range(40)]
    page = engine.func.__self__
    for decimals in (0, 1, 2):
        for signed in (False, True):
            found = page.evaluate("([all, d, s]) => all.map((x) => printed(x, d, s))", [given, decimals, signed])
            assert found == [number(x, decimals, signed) for x in given]


@pytest.mark.slow
def test_sixty_projects_both_ways_and_twenty_limits_are_answered_alike(engine: Any) -> None:
    register = shipped_register("meridian")
    base = Question(register, overrides=False)
    allocation = arbitrate(base)
    data = as_data(explain(allocation)).data
    posed = [Case().forced(Override(project_id=p, in_out=way)) for p in base.built.groups for way in ("in", "out")]
    roles = sorted({row["role"] for row in data["rows"] if "role" in row})
    posed += [Case(factor) for factor in (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.2, 1.5)]
    moved = [(1.0, 0.5), (1.0, 0.7), (1.0, 0.8), (1.0, 0.9), (1.0, 1.1), (1.0, 1.3), (1.0, 1.5), (0.9, 0.8)]
    moved += [(1.1, 0.9), (0.8, 1.2)]
    posed += [Case(money, ((roles[k % len(roles)], people),)) for k, (money, people) in enumerate(moved)]
    found = engine([data, [asked(case) for case in posed]])
    plan = allocation.plan
    for case, one in zip(posed, found, strict=True):
        force = case.forces[0] if case.forces else None
        held = force and (
            base.built.of(force.project_id).size
            and (plan.get(force.project_id) not in (None, "stop")) == (force.in_out == "in")
        )
        assert same(one, allocation.value if held else best(base, case)), (case, one)
