// The page that answers back: the trial beside the plan, drawn from the state of a session. All text is data: only textContent is written.
"use strict";
const make = (tag, props = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && !key.startsWith("aria")) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};
const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const pace = (wait, act) => { let timer; return (...values) => { clearTimeout(timer); timer = setTimeout(() => act(...values), wait); }; };
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

function board(session, committee) {
  const send = (message) => { asked = performance.now(); session.send(message); };
  const button = (label, act, props = {}) => make("button", { type: "button", class: "lv-button", onclick: act, ...props }, label);
  let asked = 0, shownFor = "";

  // A slider: its words follow the hand, the question follows when the hand rests.
  const slider = (label, act) => {
    const words = make("output", { class: "lv-quiet" }), input = make("input", { type: "range", step: 1, "aria-label": label });
    const later = pace(140, () => { input.dataset.own = ""; act(Number(input.value)); });
    input.addEventListener("input", () => { input.dataset.own = "yes"; write(words, `${input.value}…`); later(); });
    return { node: make("label", { class: "lv-slider" }, make("span", {}, label), input, words), set: ({ low = 0, high, value, words: said }) => {
      Object.assign(input, { min: low, max: high });
      if (input.dataset.own !== "yes") { input.value = value; write(words, said); }
      input.setAttribute("aria-valuetext", said);
    } };
  };

  // Out, Free, In: the words of the buttons are drawn by the style sheet, so that a table copied or sorted is its own text.
  const choice = (project) => {
    const ways = ["out", "free", "in"].map((way) => make("button", { type: "button", class: "lv-way", "data-way": way, "aria-label": `${{ out: "Out", free: "Free", in: "In" }[way]}: ${project.name}`,
      onclick: () => send(way === "free" ? { type: "free", project: project.id } : { type: "force", project: project.id, way }) }));
    return { node: make("span", { class: "lv-choice", role: "group", "aria-label": `Your choice on ${project.name}` }, ...ways), set: ({ forced, duty }) => {
      for (const one of ways) {
        one.setAttribute("aria-pressed", String(one.dataset.way === forced));
        one.disabled = duty && one.dataset.way === "out";
        one.title = one.disabled ? "It must be done: the law asks for it" : "";
      }
    } };
  };

  const first = session.state, rows = new Map(), inPlan = [];
  const list = make("div", { class: "lv-rows", role: "table", "aria-label": "Projects", tabIndex: 0 });
  for (const project of first.projects) {
    const pick = choice(project), cells = Object.fromEntries(["word", "note", "value", "cost"].map((key) => [key, make("span", { class: `lv-${key}` })]));
    const level = make("select", { class: "lv-level", "aria-label": `Size of ${project.name}`, onchange: () => send({ type: "force", project: project.id, way: "in", level: level.value }) },
      make("option", { value: "" }, "any size"), ...project.levels.map(([value, label]) => make("option", { value }, label)));
    const node = make("div", { class: "lv-row", role: "row", "data-project": project.id },
      make("span", { role: "cell" }, cells.word), make("span", { role: "cell", class: "lv-name" }, make("b", {}, project.name), make("span", { class: "lv-second" }, cells.note, level)),
      make("span", { role: "cell", class: "lv-num" }, cells.value), make("span", { role: "cell", class: "lv-num" }, cells.cost), make("span", { role: "cell" }, pick.node));
    rows.set(project.id, { node, pick, level, ...cells });
    list.append(node);
  }
  list.prepend(make("div", { class: "lv-row lv-head", role: "row" }, ...["Trial", "Project", "Value", "Cost", "Your choice"].map((text, i) => make("span", { role: "columnheader", class: i === 2 || i === 3 ? "lv-num" : "" }, text))));
  for (const row of document.querySelectorAll('[data-exhibit="arbitration.plan"] tbody tr')) {
    const project = first.projects.find((one) => one.id === row.querySelector(":scope > th .pk-id")?.textContent.trim());
    if (!project) continue;
    const pick = choice(project);
    row.querySelector(":scope > th").append(pick.node);
    inPlan.push({ id: project.id, row, ...pick });
  }

  if (inPlan.length) { // the plan stays as it is read until somebody wants to choose in it
    const opens = button("What if? Choose in this table", () => { document.documentElement.classList.add("lv-in-plan"); opens.hidden = true; inPlan[0].node.querySelector("button:enabled").focus(); }, { class: "lv-button lv-opens" });
    document.querySelector('[data-exhibit="arbitration.plan"] .pk-unit')?.after(opens);
  }

  const money = slider("Money", (value) => send({ type: "money", value })), people = new Map(first.people.map((one) => [one.role, slider(one.label[0].toUpperCase() + one.label.slice(1), (value) => send({ type: "people", role: one.role, value }))]));
  const scarce = first.people.filter((one) => first.scarce.includes(one.role)), others = first.people.filter((one) => !first.scarce.includes(one.role));
  const node = (tag, css, props = {}) => make(tag, { class: css, ...props });
  const pack = node("b", "lv-big"), trial = node("b", "lv-big"), lossLine = node("p", "lv-loss"), proof = node("p", "lv-quiet"), conflict = node("p", "lv-conflict", { role: "alert" });
  const facts = Object.fromEntries(["Leaves", "Comes in", "Other size", "What limits"].map((label) => [label, make("dd")]));
  const forces = node("div", "lv-forces"), notice = node("p", "lv-notice", { role: "status" }), log = node("ol", "lv-log"), gauges = node("ul", "lv-gauges");
  const find = make("input", { type: "search", placeholder: "Find a project", "aria-label": "Find a project", oninput: () => filter() });
  const which = make("select", { "aria-label": "Which projects", onchange: () => filter() }, ...[["all", "All projects"], ["differs", "Not as recommended"], ["forced", "Forced"]].map(([value, label]) => make("option", { value }, label)));
  const who = make("input", { type: "text", "aria-label": "Committee", value: committee, oninput: () => { session.committee = who.value; } });
  const tools = () => [button("Undo", () => send({ type: "undo" }), { "data-act": "undo" }), button("Redo", () => send({ type: "redo" }), { "data-act": "redo" }), button("Back to the plan", () => send({ type: "again" }), { "data-act": "again" })];
  const keep = (name, kind, text) => {
    const lacking = session.lacking();
    write(notice, lacking || `${name} was saved where this browser keeps downloads.`);
    notice.classList.toggle("lv-wrong", Boolean(lacking));
    if (lacking) return;
    const link = make("a", { download: name, href: URL.createObjectURL(new Blob([text()], { type: kind })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const panel = make("section", { class: "pk-document lv", id: "live", "aria-labelledby": "live-title" },
    make("h2", { class: "pk-headline", id: "live-title" }, "What if?"),
    make("p", { class: "pk-sub" }, `Take a project in or out, move money or people: this page solves the question again, without a network. A trial changes nothing in this pack. ${first.unit}${first.basis ? `, ${first.basis} figures` : ""}`),
    make("div", { class: "lv-two" },
      make("div", { class: "lv-tile" }, make("p", { class: "lv-tag" }, "Recommended in this pack"), pack),
      make("div", { class: "lv-tile lv-trial", "aria-live": "polite" }, make("p", { class: "lv-tag" }, "Trial, not the pack's figures"), trial, lossLine, proof)),
    conflict,
    make("dl", { class: "lv-facts" }, ...Object.entries(facts).flatMap(([label, dd]) => [make("dt", {}, label), dd])),
    make("div", { class: "lv-tools" }, ...tools()),
    make("h3", { class: "lv-title" }, "Limits"), money.node, ...scarce.map((one) => people.get(one.role).node),
    ...(others.length ? [make("details", {}, make("summary", {}, "Other people, and what the plan uses of every limit"), ...others.map((one) => people.get(one.role).node), gauges)] : [make("details", {}, make("summary", {}, "What the plan uses of every limit"), gauges)]),
    make("h3", { class: "lv-title" }, "Your choices, and why"), forces,
    make("h3", { class: "lv-title" }, "Projects"), make("div", { class: "lv-tools" }, find, which), list,
    make("h3", { class: "lv-title" }, "Out of the page"),
    make("div", { class: "lv-tools" }, make("label", {}, "Committee ", who),
      button("Save decisions.csv", () => keep("decisions.csv", "text/csv", () => session.decisions())),
      button("Save session.json", () => keep("session.json", "application/json", () => session.saved(`${who.value || "Trial"} ${new Date().toISOString().slice(0, 10)}`)))),
    notice, make("details", {}, make("summary", {}, "Every move"), log));
  const barWords = node("span", "lv-bar-words"), barTrial = node("b", ""), barPack = node("span", "");
  const bar = make("aside", { class: "lv-bar", hidden: true, "aria-label": "Trial, not the pack's figures" },
    make("b", { class: "lv-tag" }, "Trial, not the pack's figures"), make("span", { class: "lv-bar-words", role: "status" }, barTrial), barPack, make("span", { class: "lv-tools" }, ...tools().filter((one) => one.dataset.act !== "redo"), make("a", { href: "#live" }, "Show")));

  function filter() {
    const word = find.value.trim().toLowerCase();
    for (const one of session.state.projects) rows.get(one.id).node.hidden = !({ all: true, differs: one.differs, forced: one.forced !== "free" }[which.value] && `${one.id} ${one.name} ${one.area}`.toLowerCase().includes(word));
  }

  function drawForces(state) {
    const key = JSON.stringify(state.forces.map((f) => [f.project, f.way, f.level]));
    if (key === shownFor) return; // what is being typed stays
    shownFor = key;
    forces.replaceChildren(...state.forces.map((f) => {
      const reason = make("input", { type: "text", value: f.reason, placeholder: "A few words for the minutes", "aria-label": `Reason: ${f.name} ${f.way}` });
      const by = make("input", { type: "text", value: f.by, placeholder: "Decided by", "aria-label": `Decided by: ${f.name} ${f.way}` });
      for (const one of [reason, by]) one.addEventListener("input", () => session.send({ type: "reason", project: f.project, reason: reason.value, by: by.value }));
      return make("div", { class: "lv-force" }, make("b", {}, `${f.name} ${f.way}`), reason, by, button("Free", () => send({ type: "free", project: f.project }), { "aria-label": `Free: ${f.name}` }));
    }));
    if (!state.forces.length) forces.append(make("p", { class: "lv-quiet" }, "Nothing is forced. Every choice can be given a reason here; it goes into decisions.csv."));
  }

  function draw() {
    const state = session.state, root = document.documentElement;
    write(pack, `${state.advice} ${state.short}`);
    write(trial, state.trial ? (state.value === "n/a" ? state.headline : `${state.value} ${state.short}`) : "no trial yet");
    write(lossLine, state.trial && state.value !== "n/a" ? state.loss : "");
    write(proof, state.trial ? state.proof : "");
    write(conflict, state.conflict);
    conflict.hidden = !state.conflict;
    write(facts.Leaves, state.left || "none"); write(facts["Comes in"], state.entered || "none"); write(facts["Other size"], state.resized || "none");
    write(facts["What limits"], state.limiting.join("; ") || (state.value === "n/a" ? "no plan" : "no limit is at its end"));
    money.set(state.money);
    for (const one of state.people) people.get(one.role).set(one);
    drawForces(state);
    for (const one of state.projects) {
      const row = rows.get(one.id);
      write(row.word, one.word);
      row.word.className = `lv-word lv-${one.decision}`;
      write(row.note, [one.id, one.level || one.area, one.differs ? `recommended: ${one.recommended}` : ""].filter(Boolean).join(" · "));
      write(row.value, one.value); write(row.cost, one.cost);
      row.pick.set(one);
      row.level.hidden = one.forced !== "in" || !one.levels.length;
      row.level.value = one.forced_level;
      row.node.classList.toggle("lv-differs", one.differs);
    }
    for (const one of inPlan) {
      const project = state.projects.find((p) => p.id === one.id);
      one.set(project);
      one.row.classList.toggle("lv-differs", state.trial && project.differs);
      one.node.dataset.trial = state.trial && project.differs ? `trial: ${project.word}` : "";
    }
    gauges.replaceChildren(...state.limits.map((limit) => make("li", { class: limit.full ? "lv-full" : "" }, make("span", {}, limit.label), make("span", { class: "lv-num" }, `${limit.words} ${limit.unit.includes("share") ? "" : limit.unit}`))));
    log.replaceChildren(...state.log.map((one) => make("li", {}, `${one.time} ${one.move}${one.why ? ` (${one.why})` : ""}${one.value ? `: ${one.value}` : ""}`)));
    for (const one of [...panel.querySelectorAll("[data-act]"), ...bar.querySelectorAll("[data-act]")]) one.disabled = !{ undo: state.undo, redo: state.redo, again: state.changed }[one.dataset.act];
    bar.hidden = !state.trial;
    root.classList.toggle("lv-on", state.trial);
    if (state.trial) { root.classList.add("lv-in-plan"); for (const one of document.querySelectorAll(".lv-opens")) one.hidden = true; }
    write(barTrial, state.headline);
    write(barPack, `${state.proof} · recommended ${state.advice}`);
    filter();
    Object.assign(root.dataset, { liveStatus: state.status, liveBusy: String(state.busy), liveValue: session.answer.plan ? String(amount(session.answer.exact)) : "" });
    if (asked && state.status !== "open") { root.dataset.liveFirst ??= ""; if (root.dataset.liveAsked !== String(asked)) { root.dataset.liveAsked = String(asked); root.dataset.liveFirst = (performance.now() - asked).toFixed(0); } }
    if (asked && !state.busy) { root.dataset.liveProof = (performance.now() - asked).toFixed(0); asked = 0; }
  }
  panel.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.type === "text") return;
    send({ type: event.shiftKey ? "redo" : "undo" });
    event.preventDefault();
  });
  return { panel, bar, draw, fail: (why) => { write(notice, `The trial cannot go on (${why}). The pack's figures stand.`); notice.classList.add("lv-wrong"); write(proof, "not solved"); } };
}

const begin = () => {
  const began = performance.now(), root = document.documentElement, data = JSON.parse(part("question"));
  const workers = new Workers(part("program"), data, part("binary")), { committee } = document.getElementById("live-question").dataset;
  let shown;
  const session = new Session(new Question(data), (asked, known, tell) => workers.ask(asked, known, tell, (why) => shown.fail(why)), () => shown.draw(), { committee });
  shown = board(session, committee);
  const one = document.querySelector(".pk-page"), anchor = one ?? document.querySelector(".contents");
  anchor.after(shown.panel);
  document.body.append(shown.bar);
  (one?.querySelector("header") ?? document.querySelector(".contents")).prepend(make("a", { class: "lv-open", href: "#live" }, "What if? Try another choice"));
  document.querySelector(".contents ol")?.prepend(make("li", { class: "annex lv-entry" }, make("a", { href: "#live" }, "What if?")));
  shown.draw();
  workers.first.ready.then(() => Object.assign(root.dataset, { live: "ready", liveMs: (performance.now() - began).toFixed(0) }), (error) => { root.dataset.live = "failed"; shown.fail(String(error)); });
};
const wait = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
if (document.readyState === "complete") wait(begin, { timeout: 1000 }); else addEventListener("load", () => wait(begin, { timeout: 1000 }));
