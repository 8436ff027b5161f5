// The page that answers back: the board of the room over a worker, and the trial beside the plan. All text is data.
"use strict";
const part = (id) => document.getElementById(`live-${id}`).textContent;

// Workers: one that searches, and one that waits, so that a new case never waits for an old proof.
class Workers {
  constructor(program, question, binary) {
    this.source = URL.createObjectURL(new Blob([program.replaceAll("<\\/script", "</script")], { type: "text/javascript" }));
    Object.assign(this, { question, number: 0, idle: null, busy: null });
    this.first = this.begin({ binary });
    this.idle = this.first;
  }
  begin(with_) {
    const worker = new Worker(this.source);
    const ready = new Promise((done, fail) => {
      worker.onerror = (event) => fail(new Error(event.message || "the worker did not start"));
      worker.onmessage = ({ data }) => (data.ready ? done(data.ready) : fail(new Error(data.failed)));
    });
    worker.postMessage({ ...with_, question: this.question });
    return { worker, ready };
  }
  async ask(asked, known, tell, failed) {
    const number = (this.number += 1);
    if (this.busy) { this.busy.worker.terminate(); this.busy = null; }
    if (!asked) return;
    try {
      const wasm = await this.first.ready;
      if (number !== this.number) return;
      const mine = this.idle ?? this.begin({ wasm });
      [this.busy, this.idle] = [mine, null];
      await mine.ready;
      if (this.busy !== mine) return;
      mine.worker.onmessage = ({ data }) => {
        if (data.number !== number) return;
        if (data.failed || !["known", "open"].includes(data.answer.status)) [this.busy, this.idle] = [null, mine];
        if (data.failed) failed(data.failed); else tell(data.answer);
      };
      mine.worker.postMessage({ number, case: asked, known });
      this.idle ??= this.begin({ wasm });
    } catch (error) { failed(String(error)); }
  }
}

// Out, Free, In in the plan: the style sheet draws their words, so that a table that is copied or sorted is its own text.
function choice(project, send) {
  const words = { out: "Out", free: "Free", in: "In" };
  const ways = Object.keys(words).map((way) => make("button", { type: "button", class: "lv-way", "data-way": way, "aria-label": `${words[way]}: ${project.name}`,
    onclick: () => send(way === "free" ? { type: "free", project: project.id } : { type: "force", project: project.id, way }) }));
  const node = make("span", { class: "lv-choice", role: "group", "aria-label": `Your choice on ${project.name}` }, ...ways);
  const set = ({ forced, duty, differs, word }, trial) => {
    for (const one of ways) {
      one.setAttribute("aria-pressed", String(one.dataset.way === forced));
      one.disabled = duty && one.dataset.way === "out";
      one.title = one.disabled ? "It must be done: the law asks for it" : "";
    }
    node.dataset.trial = trial && differs ? `trial: ${word}` : "";
    node.closest("tr").classList.toggle("lv-differs", trial && differs);
  };
  return { node, set, id: project.id };
}

function desk(session, committee) {
  const root = document.documentElement, send = (message) => session.send(message), first = session.state, inPlan = [];
  const button = (label, act, props = {}) => make("button", { type: "button", class: "lv-button", onclick: act, ...props }, label);
  for (const row of document.querySelectorAll('[data-exhibit="arbitration.plan"] tbody tr')) {
    const project = first.projects.find((one) => one.id === row.querySelector(":scope > th .pk-id")?.textContent.trim());
    if (!project) continue;
    const pick = choice(project, send);
    row.querySelector(":scope > th").append(pick.node);
    inPlan.push(pick);
  }
  const opens = button("What if? Choose in this table", () => { show(); inPlan[0].node.querySelector("button:enabled").focus(); }, { class: "lv-opens" });
  const show = () => { root.classList.add("lv-in-plan"); opens.hidden = true; }; // the plan stays as it is read until somebody chooses
  if (inPlan.length) document.querySelector('[data-exhibit="arbitration.plan"] .pk-unit')?.after(opens);

  const facts = Object.fromEntries(["Leaves", "Comes in", "Other size", "What limits"].map((label) => [label, make("dd")]));
  const forces = make("div"), notice = make("p", { class: "lv-notice", role: "status" }), place = make("div", { class: "lv-board" });
  const who = make("input", { type: "text", "aria-label": "Committee", value: committee, oninput: () => { session.committee = who.value; } });
  const say = (words, wrong) => { write(notice, words); notice.classList.toggle("lv-wrong", wrong); };
  const keep = (name, kind, text) => {
    const lacking = session.lacking();
    say(lacking || `${name} was saved where this browser keeps downloads.`, Boolean(lacking));
    if (lacking) return;
    const link = make("a", { download: name, href: URL.createObjectURL(new Blob([text()], { type: kind })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const panel = make("section", { class: "pk-document lv", id: "live", "aria-labelledby": "live-title" },
    make("h2", { class: "pk-headline", id: "live-title" }, "What if?"),
    make("p", { class: "pk-sub" }, `Take a project in or out, move money or people: this page solves the question again, without a network. A trial changes nothing in this pack. ${first.unit_long}${first.basis ? `, ${first.basis} figures` : ""}.`),
    place,
    make("h3", { class: "lv-title" }, "The trial against the recommended plan"),
    make("dl", { class: "lv-facts" }, ...Object.entries(facts).flatMap(([label, dd]) => [make("dt", {}, label), dd])),
    make("h3", { class: "lv-title" }, "Your choices, and why"), forces,
    make("div", { class: "lv-tools" }, make("label", {}, "Committee ", who),
      button("Save decisions.csv", () => keep("decisions.csv", "text/csv", () => session.decisions())),
      button("Save session.json", () => keep("session.json", "application/json", () => session.saved()))),
    notice);
  const said = make("b"), beside = make("span"), undo = button("Undo", () => send({ type: "undo" }));
  const bar = make("aside", { class: "lv-bar", hidden: true, "aria-label": "Trial, not the pack's figures" },
    make("b", { class: "lv-tag" }, "Trial, not the pack's figures"), make("span", { role: "status" }, said), beside,
    make("span", { class: "lv-tools" }, undo, button("Back to the plan", () => send({ type: "again" })), make("a", { href: "#live" }, "Show")));

  let shownFor = "";
  function drawForces(state) {
    const key = JSON.stringify(state.forces.map((f) => [f.project, f.way, f.level]));
    if (key === shownFor) return; // what is being typed stays
    shownFor = key;
    forces.replaceChildren(...state.forces.map((f) => {
      const reason = make("input", { type: "text", value: f.reason, placeholder: "A few words for the minutes", "aria-label": `Reason: ${f.name} ${f.way}` });
      const by = make("input", { type: "text", value: f.by, placeholder: "Decided by", "aria-label": `Decided by: ${f.name} ${f.way}` });
      for (const one of [reason, by]) one.addEventListener("input", () => send({ type: "reason", project: f.project, reason: reason.value, by: by.value }));
      return make("div", { class: "lv-force" }, make("b", {}, `${f.name} ${f.way}`), reason, by, button("Free", () => send({ type: "free", project: f.project }), { "aria-label": `Free: ${f.name}` }));
    }));
    if (!state.forces.length) forces.append(make("p", { class: "lv-quiet" }, "Nothing is forced. Each choice can be given a reason here; decisions.csv asks for it."));
  }
  session.listen(({ state }) => {
    if (!state) return;
    write(facts.Leaves, state.left || "none"); write(facts["Comes in"], state.entered || "none"); write(facts["Other size"], state.resized || "none");
    write(facts["What limits"], state.limiting.join("; ") || (state.status === "none" ? "no plan" : "no limit is at its end"));
    drawForces(state);
    for (const one of inPlan) one.set(state.projects.find((p) => p.id === one.id), state.trial);
    if (state.trial) show();
    bar.hidden = !state.trial;
    root.classList.toggle("lv-on", state.trial);
    write(said, state.conflict || state.headline);
    write(beside, `${state.proof} · recommended ${state.advice}`);
    undo.disabled = !state.undo;
    Object.assign(root.dataset, { liveStatus: state.status, liveBusy: String(state.busy), liveValue: session.answer.plan ? String(amount(session.answer.exact)) : "" });
  });
  board(place, session);
  return { panel, bar, fail: (why) => { session.fail(); say(`The trial cannot go on (${why}). The pack's figures stand.`, true); } };
}

const begin = () => {
  const began = performance.now(), root = document.documentElement, data = JSON.parse(part("question"));
  const workers = new Workers(part("program"), data, part("binary")), { committee } = document.getElementById("live-question").dataset;
  let shown;
  const session = new Session(new Question(data), (asked, known, tell) => workers.ask(asked, known, tell, (why) => shown.fail(why)), { committee, title: document.title });
  shown = desk(session, committee);
  const one = document.querySelector(".pk-page"), anchor = one ?? document.querySelector(".contents");
  anchor.after(shown.panel);
  document.body.append(shown.bar);
  (one?.querySelector("header") ?? document.querySelector(".contents")).prepend(make("a", { class: "lv-open", href: "#live" }, "What if? Try another choice"));
  document.querySelector(".contents ol")?.prepend(make("li", { class: "annex lv-entry", value: "0" }, make("a", { href: "#live" }, "What if?")));
  workers.first.ready.then(() => Object.assign(root.dataset, { live: "ready", liveMs: (performance.now() - began).toFixed(0) }), (error) => { root.dataset.live = "failed"; shown.fail(String(error)); });
};
const wait = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
if (document.readyState === "complete") wait(begin, { timeout: 1000 }); else addEventListener("load", () => wait(begin, { timeout: 1000 }));
