"""What every widget stands on: how it lives and works, and the frame in which an explorer stands.

One widget per cell, closed when the cell runs again; its page asks whether it is there. What takes time runs beside the
kernel's loop, in a thread that ends with its work.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from importlib import resources
from typing import Any
from uuid import uuid4

import anywidget
import ipywidgets
import pandas as pd
import traitlets

from pmo_kit.arbitration import Allocation
from pmo_kit.arbitration.solving import Interrupted, interruptible
from pmo_kit.errors import PmoError, worded
from pmo_kit.exhibits import Chart, Exhibit, Field, Table, theme
from pmo_kit.exhibits.canvas import drawing
from pmo_kit.exhibits.display import fragment, shell
from pmo_kit.facts import number

Act = Callable[[], object]
Stopped = Callable[[], bool]
WIDTH = 505
"""Px in which a chart is drawn; its place then stretches it."""
_living: dict[str, dict[str, list[Any]]] = {}


def one_per_cell(widget: Any) -> None:
    """Close what an earlier run of this cell made; keep what this run made.

    Outside a notebook nothing is closed. JupyterLab says which cell runs (`cellId`).
    """
    parent: Mapping[str, Any] = getattr(shell(), "get_parent", dict)() or {}
    cell, run = parent.get("metadata", {}).get("cellId", ""), parent.get("header", {}).get("msg_id", "")
    if not cell:
        return
    runs = _living.setdefault(cell, {})
    for earlier in [one for one in runs if one != run]:
        for old in runs.pop(earlier):
            old.close()
    runs.setdefault(run, []).append(widget)


def parts_of(widget: Any) -> list[Any]:
    """Everything that lives with a widget, the deepest first: children, layouts and styles."""
    found: list[Any] = []
    for child in getattr(widget, "children", ()):
        found += [*parts_of(child), child]
    return found + [x for x in (getattr(widget, "layout", None), getattr(widget, "style", None)) if hasattr(x, "close")]


def front(*names: str) -> str:
    """Files of the front end, one after another."""
    return "".join((resources.files("pmo_kit.widgets") / name).read_text(encoding="utf-8") for name in names)


class Linked(anywidget.AnyWidget):
    """A widget that its front end hears however late its script was loaded, and asks whether the kernel is there.

    What is tagged `shown` travels with the first message; `ready` is answered with all of it again, `ping` with `pong`.
    """

    own = traitlets.Unicode().tag(sync=True)

    def __init__(self, **shown: Any) -> None:
        own = uuid4().hex
        super().__init__(model_id=own, own=own, **shown)
        self.on_msg(self._receive)

    def _receive(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """One message from the screen."""
        if content.get("type") == "ping":
            self.send({"pong": content.get("seq", 0)})
        elif content.get("type") == "ready":
            self.send_state(self.trait_names(shown=True))


class Working:
    """A widget with work beside it: the one of its cell; its parts and its work end with it.

    A job is a function that takes `stopped` (a function: whether newer work has come) and returns nothing; it runs in
    a thread at once, and what goes wrong in it is handed on in words. `hand` runs a function on the kernel's loop, so
    that widgets are only ever touched from there; outside a kernel it runs at once, under `hands`, which whoever asks
    for work holds until the asking is done. What the solver searches ends when newer work comes, and before Python
    ends.
    """

    def __init__(self, *args: Any, **given: Any) -> None:
        self._loop = getattr(getattr(shell(), "kernel", None), "io_loop", None)
        self.hands, self._turn, self._ended = threading.RLock(), 0, False
        self._thread: threading.Thread | None = None
        atexit.register(self._end)
        super().__init__(*args, **given)
        one_per_cell(self)

    def ask(self, job: Callable[[Stopped], None], failed: Callable[[str], None]) -> None:
        """Do this now; what runs is told to stop, and ends beside it; `failed` hears what goes wrong."""
        if self._ended:
            return
        self._turn += 1
        turn, before = self._turn, self._thread

        def stopped() -> bool:
            return self._turn != turn

        def work() -> None:
            with interruptible(stopped):
                _, problem = tried(partial(job, stopped), "the search")
            if problem and not stopped():
                self.hand(partial(failed, str(problem)))
            if before is not None:  # who waits for the newest waits for all
                before.join()

        self._thread = threading.Thread(target=work, name="pmo_kit search", daemon=True)
        self._thread.start()

    def hand(self, act: Act) -> None:
        """Run something where widgets may be touched."""

        def safely() -> None:
            if not self._ended:
                act()

        if self._loop is None:
            with self.hands:
                safely()
        else:
            self._loop.add_callback(safely)

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until nothing is being searched: for programs, not for a cell that draws."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self) -> None:
        """Tell the work to stop at its next step."""
        self._turn += 1

    def _end(self) -> None:
        """Stop for good, and wait for the end of the search under way."""
        self._ended = True
        self.stop()
        self.wait()

    def close(self) -> None:
        """Close it with all its parts, and stop its work."""
        atexit.unregister(self._end)
        self._end()
        for part in parts_of(self):
            part.close()
        super().close()  # type: ignore[misc]


class Frame(Linked):
    """The look of a panel, and the script that says when the kernel is gone."""

    _esm = front("link.js", "panel.js")
    _css = theme.font_css((400, 700)) + theme.css() + front("panel.css")


class Drawn(Linked):
    """A chart of the packs that can be pointed at and is as large as its place.

    All of it travels with every message: a page that is busy draws a chart, or nothing, never empty axes.

    Parameters
    ----------
    make : callable
        Gives the chart as it is now.
    clicked : callable, optional
        Hears which point is clicked.
    """

    _esm = front("link.js", "chart.js")
    drawn = traitlets.Dict().tag(sync=True, shown=True)

    def __init__(self, make: Callable[[], Chart], clicked: Callable[[int], object] | None = None) -> None:
        self._make, self._clicked, self.chart = make, clicked, make()
        super().__init__(drawn=drawing(self.chart, width=WIDTH))
        self.add_class("pw-figure")

    def write(self) -> None:
        """Show the chart as it is now."""
        self.chart = self._make()
        self.drawn = drawing(self.chart, width=WIDTH)

    def _receive(self, _: object, content: Mapping[str, Any], __: object) -> None:
        super()._receive(_, content, __)
        if content.get("library"):
            from plotly.offline import get_plotlyjs

            self.send({"library": True}, [get_plotlyjs().encode()])
        elif content.get("type") == "click" and self._clicked:
            self._clicked(int(content["point"]))


class Panel(Working, ipywidgets.VBox):
    """One explorer: a headline, a line about it, its controls and answers, and a line for words.

    Now and after every move each part that has a `write` is written; each that has an `act` (`control`, `button`) is
    heard. What goes wrong is said in words, in the panel.

    Parameters
    ----------
    state : object
        What is looked at, with its `headline`; it holds no widget.
    about : str
        The line about it.
    *parts : widgets
    **named
        Parts by the names under which a program finds them on the panel.
    """

    def __init__(self, state: Any, about: str, *parts: Any, **named: Any) -> None:
        self.state, self._drawing = state, False
        self._head = ipywidgets.HTML()
        self._said = ipywidgets.HTML('<span class="pw-say" role="status"></span>')
        super().__init__([Frame(), ipywidgets.HTML(about_html(about)), self._head, *parts, self._said])
        self.__dict__.update(named)
        self.add_class("pw-panel")
        for part in parts_of(self):
            if isinstance(part, ipywidgets.Button):
                part.on_click(lambda button: self._moved(button.act))
            elif hasattr(part, "act"):
                part.observe(lambda on: self._moved(partial(on["owner"].act, on["new"]), on["new"]), "value")
        self.draw()

    def draw(self) -> None:
        """Write every part as the state is now; what is set meanwhile is no move."""
        self._drawing = True
        try:
            for part in parts_of(self):
                getattr(part, "write", bool)()
            self.words = self.state.headline
            self._head.value = f'<span class="pw-h" aria-live="polite">{escape(self.words)}</span>'
        finally:
            self._drawing = False

    def _moved(self, act: Callable[[], object], chosen: object = True) -> None:
        """Do what a person asked, draw, and say what came of it; a list in which nothing is chosen asks nothing."""
        with self.hands:
            if self._drawing or chosen is None:
                return
            self.say("")
            said, problem = tried(act, "the explorer")
            if said is not False:
                self.draw()
            if isinstance(said, str):
                self.say(said, bool(problem))

    def say(self, text: str, bad: bool = False) -> None:
        """Write the line at the end: what was done, or what went wrong."""
        self._said.value = f'<span class="pw-say{" pw-bad" * bad}" role="status">{escape(text)}</span>'

    def beside(self, done: str, jobs: Sequence[tuple[str, Callable[[], Act]]], start: Any) -> bool:
        """Do named jobs one after another beside the cell, `start` disabled meanwhile; what each gives is done here.

        What goes wrong in one is said by its name, and the others are done.
        """

        def rest(words: str, bad: bool) -> None:
            start.disabled = False
            self.say(words, bad)

        def search(stopped: Stopped) -> None:
            lost = []
            for name, job in jobs:
                if stopped():
                    return
                self.hand(partial(self.say, f"Searching: {name}…"))
                act, problem = tried(job, name)
                if problem:
                    lost.append(f"{name} was not {done}: {problem}")
                else:
                    self.hand(partial(self._moved, act))
            if not stopped():
                self.hand(partial(rest, " ".join(lost) or f"{jobs[-1][0]} was {done}.", bool(lost)))

        if jobs:
            start.disabled = True
            self.ask(search, partial(rest, bad=True))
        return False


def tried(act: Callable[[], Any], what: str) -> tuple[Any, Exception | None]:
    """Do what a person asked: what it gives or, in words, what went wrong; and the problem itself."""
    try:
        return act(), None
    except (PmoError, Interrupted) as problem:
        return str(problem), problem
    except (OSError, UnicodeEncodeError) as problem:
        return worded(problem), problem
    except Exception as problem:
        logging.getLogger("pmo_kit").warning("%s could not do that", what, exc_info=problem)
        return f"That was not possible ({problem}). What is shown is unchanged.", problem


def table_html(data: pd.DataFrame, *columns: Field | tuple[str, str], empty: str = "Nothing to show.") -> str:
    """A table in the look of the packs, without its frame; a pair is (column, heading) of words."""
    if data.empty:
        return f'<div class="pk-exhibit">{escape(empty)}</div>'
    fields = tuple(one if isinstance(one, Field) else Field(*one, kind="text") for one in columns)
    return exhibit_html(Table(id="widget.table", alt="table", data=data, columns=fields))


def exhibit_html(exhibit: Exhibit) -> str:
    """An exhibit of the packs, without its frame."""
    return f'<div class="pk-exhibit">{fragment(exhibit, framed=False)}</div>'


def sure_words(plan: Allocation, lead: str = "") -> str:
    """How much better the best plan may be; nothing where this one is proven best."""
    rest = plan.bound - plan.value
    return f"{lead}at most {number(rest)} better" if rest > 0 else ""


def column(*parts: Any, width: str = "50%") -> Any:
    """Parts under one another."""
    return ipywidgets.VBox(list(parts), layout=ipywidgets.Layout(width=width))


def row(*parts: Any, share: int = 0) -> Any:
    """Parts beside one another; with a share it takes that part of the height that is left."""
    return ipywidgets.HBox(list(parts), layout=ipywidgets.Layout(flex=f"{share} 1 0" if share else None))


def scrolled(part: Any, share: int = 1) -> Any:
    """A part that takes its share of the height that is left, so that nothing below it moves."""
    return ipywidgets.Box([part], layout=ipywidgets.Layout(flex=f"{share} 1 0")).add_class("pw-lower")


def control(kind: type, text: str = "", label: str = "110px", act: Any = None, now: Any = None, **given: Any) -> Any:
    """A control as wide as its place, with its label beside it; `act` is done with each new value, `now` gives it.

    Words that `act` gives are said; where it gives False nothing is drawn yet.
    """
    made = kind(layout={"width": "98%"}, description=text, style={"description_width": label}, **given)
    if act is not None:
        made.act = act
    return made if now is None else written(made, now)


def button(text: str, act: Callable[[], object], hint: str = "") -> Any:
    """A button with words; what `act` gives back is said."""
    made = ipywidgets.Button(description=text, tooltip=hint, layout=ipywidgets.Layout(width="auto"))
    made.act = act
    return made


def shown(make: Callable[[], Any], *columns: Field | tuple[str, str]) -> Any:
    """A part that shows the HTML that `make` gives or, with columns, its rows as a table."""
    return written(ipywidgets.HTML(), (lambda: table_html(make(), *columns)) if columns else make)


def written(made: Any, make: Callable[[], Any]) -> Any:
    """A part whose value is what `make` gives; of a list it gives the choices and which of them is chosen."""

    def write() -> None:
        now = make()
        if isinstance(now, tuple):
            made.options, now = now
        made.value = now

    made.write = write
    return made


def about_html(text: str) -> str:
    """A line about something, small and gray."""
    return f'<span class="pw-about">{escape(text)}</span>'


def labeled(text: str) -> Any:
    """A line that says what stands below it."""
    return ipywidgets.HTML(f'<span class="pw-label">{escape(text)}</span>')
