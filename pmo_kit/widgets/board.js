// The board: draws the state that Python sends and sends moves back. All text is data: only textContent is written.
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
const pace = (wait, act) => {
  let timer;
  return (...values) => { clearTimeout(timer); timer = setTimeout(() => act(...values), wait); };
};

function render({ model, el }) {
  const asks = () => model.get("options").ask;
  const sent = new Map();
  let seq = Math.max(0, model.get("state").seq || 0), wantsFocus = null, by = model.get("options").by;
  const send = (type, more = {}) => {
    seq += 1;
    sent.set(seq, performance.now());
    root.dataset.sent = seq;
    root.dataset.waiting = "yes";
    model.send({ type, seq, ...more });
  };

  // --- the frame, built once
  const title = make("div", { class: "pw-title" });
  const button = (label, act, hint) => make("button", { type: "button", class: "pw-button", onclick: act, title: hint }, label);
  const undo = button("Undo", () => send("undo"), "Take the last move back");
  const redo = button("Redo", () => send("redo"), "Make it again");
  const again = button("Recommended", () => send("again"), "Back to the recommended plan; it can be undone");
  const wide = button("Full screen", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (root.requestFullscreen) root.requestFullscreen();
  }, "For the projector");
  const headline = make("h2", { class: "pw-headline", "aria-live": "polite" });
  const proof = make("span", { class: "pw-proof", role: "status" });
  const tileRow = make("div", { class: "pw-tiles" });
  const conflict = make("div", { class: "pw-conflict", role: "alert", tabIndex: 0, hidden: true });
  const find = make("input", { class: "pw-find", type: "search", placeholder: "Find a project", "aria-label": "Find a project", oninput: () => filter() });
  const which = make("select", { class: "pw-which", "aria-label": "Which projects", onchange: () => filter() });
  for (const [value, label] of [["all", "All projects"], ["moved", "Changed in the last move"], ["forced", "Forced"], ["differs", "Not as recommended"], ["fund", "Funded"], ["refuse", "Out"]])
    which.append(make("option", { value }, label));
  const shown = make("span", { class: "pw-shown" });
  const body = make("div", { class: "pw-rows", role: "table", "aria-label": "Projects" });
  const head = make("div", { class: "pw-row pw-head", role: "row" },
    ...["Plan", "Project", "Value", "Cost", "Your choice", "Reversing costs"].map((t, i) =>
      make("div", { role: "columnheader", class: i === 2 || i === 3 || i === 5 ? "pw-num" : "" }, t)));
  body.append(head);
  const money = slider("Money", (value) => send("money", { value }));
  const role = make("select", { class: "pw-role", "aria-label": "Role", onchange: () => drawPeople() });
  const people = slider("People", (value) => send("people", { role: role.value, value }));
  people.label.replaceWith(role);
  const gaugeList = make("div", { class: "pw-gauges", role: "list", tabIndex: 0, "aria-label": "Limits" });
  const movedBox = make("div", { class: "pw-moved", "aria-live": "polite", tabIndex: 0 });
  const logBox = make("div", { class: "pw-log", role: "log", tabIndex: 0, "aria-label": "Log of moves" });
  const caseName = make("input", { class: "pw-name", type: "text", "aria-label": "Name of the case", value: model.get("options").name });
  const save = button("Save", () => send("save", { name: caseName.value }), "decisions.csv, scenarios.yml, overrides.csv and the log");
  const open = button("Open the saved session", () => send("restore"), "");
  const stop = button("Stop", () => send("stop"), "Stop the search; the best plan known stays");
  const progress = make("span", { class: "pw-progress" });
  const notice = make("div", { class: "pw-notice", role: "status" });
  const section = (label, ...nodes) => make("section", { class: "pw-section" }, make("h3", {}, label), ...nodes);
  const uses = section("", gaugeList), usesHead = uses.firstChild;
  const dialog = reasonBox();
  const root = make("div", { class: "pw-board", role: "group", "aria-label": "Arbitration" },
    make("header", { class: "pw-bar" }, title, make("div", { class: "pw-buttons" }, undo, redo, again, wide)),
    make("div", { class: "pw-lead" }, headline, proof),
    make("div", { class: "pw-numbers" }, tileRow, conflict),
    make("div", { class: "pw-main" },
      make("div", { class: "pw-left" }, make("div", { class: "pw-tools" }, find, which, shown), body),
      make("div", { class: "pw-right" },
        section("What if the limits move", money.node, people.node),
        uses,
        section("Since the last move", movedBox),
        section("Log", logBox))),
    make("footer", { class: "pw-foot" }, make("label", { class: "pw-label" }, "Save as ", caseName), save, open, notice, progress, stop),
    dialog.node);
  el.append(root);

  // --- parts
  function slider(label, act) {
    const words = make("output", { class: "pw-words" });
    const input = make("input", { type: "range", class: "pw-range", "aria-label": label });
    const later = pace(140, () => { input.dataset.own = ""; act(Number(input.value)); });
    input.addEventListener("input", () => { input.dataset.own = "yes"; write(words, `${input.value}…`); later(); });
    const name = make("span", { class: "pw-label" }, label);
    return { node: make("div", { class: "pw-slider" }, name, input, words), input, words, label: name };
  }

  function reasonBox() {
    const heading = make("h3", { id: "pw-ask-" + Math.random().toString(36).slice(2) });
    const price = make("p", { class: "pw-price" });
    const level = make("select", { "aria-label": "Level" });
    const levelRow = make("label", { class: "pw-field" }, "Level ", level);
    const reason = make("input", { type: "text", class: "pw-reason", placeholder: "A few words for the minutes" });
    const who = make("input", { type: "text", class: "pw-by" });
    const error = make("p", { class: "pw-error", role: "alert" });
    const go = make("button", { type: "submit", class: "pw-button pw-strong" });
    let asked = null;
    const close = () => { node.hidden = true; asked = null; if (wantsFocus) wantsFocus.focus(); };
    const form = make("form", { class: "pw-form", onsubmit: (event) => {
      event.preventDefault();
      if (!reason.value.trim()) {
        write(error, "An override without a reason is refused: say in a few words why.");
        reason.focus();
        return;
      }
      by = who.value;
      const more = { ...asked, level: asked.way === "in" ? level.value : "", reason: reason.value, by: who.value };
      close();
      send("force", more);
    } }, heading, price, levelRow,
      make("label", { class: "pw-field" }, "Reason ", reason), make("label", { class: "pw-field" }, "Decided by ", who), error,
      make("div", { class: "pw-buttons" }, go, make("button", { type: "button", class: "pw-button", onclick: close }, "Cancel")));
    const node = make("div", { class: "pw-veil", hidden: true, role: "dialog", "aria-modal": "true", "aria-labelledby": heading.id }, form);
    node.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close();
      if (event.key !== "Tab") return;
      const stops = [...form.querySelectorAll("input,select,button")].filter((n) => n.offsetParent);
      const at = stops.indexOf(root.getRootNode().activeElement);
      if (event.shiftKey && at === 0) { event.preventDefault(); stops[stops.length - 1].focus(); }
      if (!event.shiftKey && at === stops.length - 1) { event.preventDefault(); stops[0].focus(); }
    });
    const ask = (project, way, wanted) => {
      asked = { project: project.id, way };
      write(heading, `Take ${project.name} (${project.id}) ${way}?`);
      level.replaceChildren(make("option", { value: "" }, "any level, whichever is best"), ...project.levels.map(([v, t]) => make("option", { value: v }, t)));
      level.value = wanted ?? project.forced_level;
      levelRow.hidden = way === "out" || !project.levels.length;
      reason.value = project.forced === way ? project.reason : "";
      who.value = project.by || by;
      write(go, way === "in" ? "Take it in" : "Take it out");
      write(error, "");
      preview();
      node.hidden = false;
      reason.focus();
    };
    const preview = () => {
      if (!asked) return;
      const project = model.get("state").projects.find((p) => p.id === asked.project);
      const known = model.get("prices")[asked.project];
      const already = (asked.way === "in") === (project.decision === "fund");
      write(price, already ? "The plan shown does this already; the choice holds it there."
        : known && known.way === asked.way ? known.long : project.forced !== "free" ? "It is forced the other way now." : "Its price is being worked out…");
    };
    return { node, ask, preview };
  }

  const rows = new Map();
  function addRow(project) {
    const word = make("span", { class: "pw-word" }), was = make("span", { class: "pw-was" });
    const name = make("span", { class: "pw-name-text" }), under = make("span", { class: "pw-under" });
    const level = make("select", { class: "pw-level", "aria-label": `Level of ${project.name}` });
    const value = make("div", { class: "pw-num", role: "cell" }), cost = make("div", { class: "pw-num", role: "cell" });
    const price = make("div", { class: "pw-num pw-cost", role: "cell" });
    const choices = {};
    const group = make("div", { class: "pw-choice", role: "group", "aria-label": `Your choice on ${project.name}` });
    for (const [way, label] of [["out", "Out"], ["free", "Free"], ["in", "In"]]) {
      choices[way] = make("button", { type: "button", onclick: () => choose(project.id, way), "data-way": way }, label);
      group.append(choices[way]);
    }
    group.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const all = Object.values(choices), at = all.indexOf(event.target);
      all[(at + step + 3) % 3].focus();
      event.preventDefault(); event.stopPropagation();
    });
    level.addEventListener("change", () => choose(project.id, "in", level.value));
    const node = make("div", { class: "pw-row", role: "row", "data-project": project.id },
      make("div", { class: "pw-plan", role: "cell" }, word, was), make("div", { class: "pw-project", role: "cell" }, name, make("span", { class: "pw-second" }, under, level)),
      value, cost, make("div", { role: "cell" }, group), price);
    body.append(node);
    rows.set(project.id, { node, word, was, name, under, level, value, cost, price, choices });
  }

  function choose(id, way, level) {
    const project = model.get("state").projects.find((p) => p.id === id);
    const row = rows.get(id);
    wantsFocus = level === undefined ? row.choices[way] : row.level;
    if (way === "free") { if (project.forced !== "free") send("free", { project: id }); return; }
    if (project.forced === way && level === undefined) return;
    if (asks()) { dialog.ask(project, way, level); row.level.value = project.forced_level; }
    else send("force", { project: id, way, level: level || "", reason: "", by });
  }

  function drawRow(project) {
    const row = rows.get(project.id);
    write(row.word, project.word);
    row.word.className = `pw-word pw-${project.decision}`;
    write(row.was, project.differs ? `advice: ${project.recommended}` : "");
    write(row.name, project.name);
    const moved = { entered: " · entered", left: " · left", resized: " · other level" }[project.moved] || "";
    write(row.under, `${project.id} · ${project.level || project.area}${moved}`);
    row.node.classList.toggle("pw-moving", !!project.moved);
    write(row.value, project.value);
    write(row.cost, project.cost);
    for (const [way, node] of Object.entries(row.choices)) {
      node.setAttribute("aria-pressed", String(project.forced === way));
      node.disabled = project.duty && way === "out";
      node.title = project.duty && way === "out" ? "It must be done: the law asks for it" : way === project.forced && project.reason ? `${project.reason} (${project.by})` : "";
    }
    const pick = project.forced === "in" && project.levels.length > 0;
    row.level.hidden = !pick;
    if (pick && row.level.options.length !== project.levels.length + 1)
      row.level.replaceChildren(make("option", { value: "" }, "any level"), ...project.levels.map(([v, t]) => make("option", { value: v }, t)));
    if (pick) row.level.value = project.forced_level;
    Object.assign(row.node.dataset, { decision: project.decision, forced: project.forced, moved: project.moved, differs: project.differs ? "yes" : "" });
  }

  function drawPrices() {
    const prices = model.get("prices");
    for (const project of model.get("state").projects) {
      const row = rows.get(project.id), price = prices[project.id];
      write(row.price, project.duty ? "by law" : project.forced !== "free" ? "forced" : price ? price.short : "…");
      row.price.title = price ? price.long : "";
    }
    dialog.preview();
  }

  function filter() {
    const word = find.value.trim().toLowerCase();
    let count = 0;
    for (const project of model.get("state").projects) {
      const kind = { all: true, moved: project.moved, forced: project.forced !== "free", differs: project.differs, fund: project.decision === "fund", refuse: project.decision !== "fund" }[which.value];
      const found = kind && `${project.id} ${project.name} ${project.area}`.toLowerCase().includes(word);
      rows.get(project.id).node.hidden = !found;
      count += found ? 1 : 0;
    }
    write(shown, `${count} of ${rows.size}, ${model.get("state").unit.split(",")[0]}`);
  }

  const gauges = new Map();
  function drawGauges(limits) {
    for (const limit of limits) {
      if (!gauges.has(limit.label)) {
        const words = make("span", { class: "pw-gauge-words" }), fill = make("i");
        const node = make("div", { class: "pw-gauge", role: "listitem", "data-limit": limit.label }, make("span", { class: "pw-gauge-label" }, limit.label), make("span", { class: "pw-meter" }, fill), words);
        gaugeList.append(node);
        gauges.set(limit.label, { node, words, fill });
      }
      const gauge = gauges.get(limit.label);
      write(gauge.words, limit.words);
      gauge.node.classList.toggle("pw-full", limit.full);
      gauge.node.title = `${limit.label}: ${limit.words} (${limit.unit})`;
      gauge.fill.style.width = `${100 * limit.share}%`;
    }
  }

  function drawPeople() {
    const all = model.get("state").people;
    people.node.hidden = !all.length;
    if (!all.length) return;
    if (role.options.length !== all.length) role.replaceChildren(...all.map((p) => make("option", { value: p.role }, p.label)));
    const one = all.find((p) => p.role === role.value) || all[0];
    Object.assign(people.input, { min: 0, max: one.high, step: 1 });
    people.input.setAttribute("aria-label", `People: ${one.label}`);
    if (people.input.dataset.own !== "yes") { people.input.value = one.value; write(people.words, one.words); }
    people.input.setAttribute("aria-valuetext", one.words);
  }

  function draw() {
    const state = model.get("state");
    write(title, state.title);
    title.title = `${state.title} · ${state.unit}`;
    write(usesHead, `What the plan uses (money in ${state.money_unit})`);
    write(headline, state.headline);
    write(proof, state.proof);
    proof.title = state.proof;
    proof.className = `pw-proof pw-is-${state.status}`;
    if (tileRow.children.length !== state.tiles.length)
      tileRow.replaceChildren(...state.tiles.map(() => make("div", { class: "pw-tile" }, make("div", { class: "pw-label" }), make("b"), make("div", { class: "pw-note" }))));
    state.tiles.forEach((tile, i) => {
      const [label, value, note] = tileRow.children[i].children;
      write(label, tile.label); write(value, tile.value); write(note, tile.note);
      note.title = tile.note;
      tileRow.children[i].classList.toggle("pw-focus", !!tile.focus);
    });
    write(conflict, state.conflict);
    conflict.hidden = !state.conflict;
    if (!rows.size) state.projects.forEach(addRow);
    state.projects.forEach(drawRow);
    drawGauges(state.limits);
    Object.assign(money.input, { min: state.money.low, max: state.money.high, step: 1 });
    if (money.input.dataset.own !== "yes") { money.input.value = state.money.value; write(money.words, state.money.words); }
    money.input.setAttribute("aria-label", "Money, percent of the envelopes");
    money.input.setAttribute("aria-valuetext", state.money.words);
    drawPeople();
    movedBox.replaceChildren(...state.moved.map(([lead, text]) => make("p", {}, make("b", {}, lead ? `${lead}: ` : ""), text)));
    logBox.replaceChildren(...state.log.map((line) => make("p", { class: "pw-line" }, make("span", { class: "pw-time" }, line.time), make("span", {}, line.move + (line.why ? ` (${line.why})` : "")), make("span", { class: "pw-num" }, line.value))));
    if (!state.log.length) logBox.append(make("p", { class: "pw-quiet" }, "Every move is written here with its time and reason."));
    undo.disabled = !state.undo;
    redo.disabled = !state.redo;
    again.disabled = !state.changed;
    drawPrices();
    filter();
    root.dataset.status = state.status;
    root.dataset.seq = state.seq;
    root.setAttribute("aria-busy", String(state.busy));
    const began = sent.get(state.seq);
    if (began !== undefined) {
      const spent = performance.now() - began;
      if (root.dataset.waiting === "yes" && Number(root.dataset.sent) === state.seq) {
        root.dataset.answerMs = spent.toFixed(1);
        root.dataset.waiting = "";
      }
      if (state.status === "proven" || state.status === "stopped" || (state.status === "none" && !state.busy)) {
        root.dataset.proofMs = spent.toFixed(1);
        sent.clear();
      }
    }
    drawProgress();
  }
  function drawProgress() {
    const state = model.get("state"), text = state.busy ? "Searching…" : model.get("progress");
    write(progress, text);
    stop.hidden = !text;
  }
  function drawNotice() {
    const said = model.get("notice");
    write(notice, said.text || "");
    notice.title = said.text || "";
    notice.classList.toggle("pw-error", !!said.error);
    if (said.error && money.input) { money.input.dataset.own = ""; people.input.dataset.own = ""; }
  }
  function drawOptions() {
    open.hidden = !model.get("options").saved;
    open.title = model.get("options").saved;
  }

  // Keys typed here are not JupyterLab's.
  root.addEventListener("keydown", (event) => {
    const typing = /INPUT|SELECT/.test(event.target.tagName);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !(typing && event.target.type === "text")) {
      send(event.shiftKey ? "redo" : "undo");
      event.preventDefault();
      event.stopPropagation();
    }
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
  const heard = [["change:state", draw], ["change:prices", drawPrices], ["change:progress", drawProgress], ["change:notice", drawNotice], ["change:options", drawOptions]];
  for (const [event, act] of heard) model.on(event, act);
  draw(); drawNotice(); drawOptions();
  model.send({ type: "ready", seq });
  return () => { for (const [event, act] of heard) model.off(event, act); root.remove(); };
}
export default { render };
