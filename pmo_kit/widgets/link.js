// Whether the other side of a link is there. A link has send(message), listen(act) -> end, and, where that is known,
// health() -> "busy", "dead" or "".
const SILENCE = 3;  // looks, one a second, without an answer after which the other side is said to be gone; a page that
                    // was busy itself for a while has looked once, and hears first what has come meanwhile
const LOST = "The kernel does not answer: it has stopped, or something else keeps it. If this line stays, run this cell again";
const STOPPED = "The kernel has stopped; what is shown is the last answer. Run this cell again";
const BUSY = "The kernel is busy with another cell; this goes on when that is done.";

// Asks every second, and tells what is wrong in words, or "" when the other side is heard again; `question` gives what
// is asked, or nothing where nobody looks; `after` says what to do when the cell has run again.
function watch(link, tell, question, after) {
  let waiting = 0;
  const push = (message) => {
    waiting ||= 1;
    try { link.send(message); } catch { tell(STOPPED + after); }
  };
  const timer = setInterval(() => {
    const health = link.health ? link.health() : "", asked = question();
    if (health === "dead") tell(STOPPED + after);
    else if (asked && waiting && waiting++ >= SILENCE) {
      tell(health === "busy" ? BUSY : LOST + after);
      waiting = 0;
    }
    if (asked && !waiting && health !== "busy") push(asked);
  }, 1000);
  return { push, heard: () => { waiting = 0; tell(""); }, end: () => clearInterval(timer) };
}

// Keys typed in a place are its own: JupyterLab hears them on their way up, Notebook 7 before they arrive, where only this
// mark of the one who has the focus keeps it off. What is typed with Ctrl or Meta is theirs, but not undo.
function ownKeys(place) {
  const free = (event) => (event.ctrlKey || event.metaKey) && event.key.toLowerCase() !== "z";
  const mark = (event) => { if (place.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", !free(event)); };
  const keep = (event) => { if (!free(event)) event.stopPropagation(); };
  window.addEventListener("keydown", mark, true);
  place.addEventListener("keydown", keep);
  return () => { window.removeEventListener("keydown", mark, true); place.removeEventListener("keydown", keep); };
}

// anywidget gives a module two seconds to load, and then drops every message to its model for good. A module that draws
// has loaded: what comes for it is heard without that gate.
async function unlocked(model) {
  const whole = await model.widget_manager?.get_model?.(model.get("own"));
  let kind = whole && Object.getPrototypeOf(whole);
  while (kind && !Object.hasOwn(kind, "_handle_comm_msg")) kind = Object.getPrototypeOf(kind);
  const hears = kind && Object.getPrototypeOf(kind)._handle_comm_msg;
  if (hears) whole.comm?.on_msg(hears.bind(whole));
}

// The link to a kernel: a model of anywidget; `parts` are what the other side says without being asked.
function kernel(model, parts = []) {
  let closed = false;
  const opened = unlocked(model).catch(() => {});
  return {
    opened,
    send: (message) => model.send(message),
    listen: (act) => {
      const heard = parts.map((part) => [`change:${part}`, () => act({ [part]: model.get(part) })]);
      heard.push(["msg:custom", (message, buffers) => act(message, buffers)]);
      heard.push(["comm_live_update", () => { closed = true; }]);
      for (const [event, hear] of heard) model.on(event, hear);
      if (parts.length) act(Object.fromEntries(parts.map((part) => [part, model.get(part)])));
      return () => { for (const [event, hear] of heard) model.off(event, hear); };
    },
    health: () => {
      const status = model.widget_manager?.kernel?.status;
      if (["dead", "restarting", "autorestarting", "terminating"].includes(status)) closed = true;
      return closed ? "dead" : status === "busy" ? "busy" : "";
    },
  };
}
