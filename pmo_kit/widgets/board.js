// The board: draws what it hears over a link and sends moves back. It knows nothing of Jupyter.
//
// board(element, link) -> a function that ends it. A link is
//   send(message)    { type, seq, ... }: ready, ping, force { project, way, level, reason, by }, free { project },
//                    money { value in percent }, people { role, value }, undo, redo, again, stop,
//                    keep { name }, decide { case, note, by }, restore { session }, compare { session }
//   listen(act)      calls act with any of { state, prices, progress, notice, options, pong, alarm }, now and later; returns
//                    a function that ends it. Whatever is heard is a sign of life; ready and ping want an answer.
//   health()         optional: "busy" or "dead" where that is known, else "" (link.js asks it).
// options: ask (a force needs a reason), by, name, sessions [[id, words]], without [types the other side lacks],
//          readonly. An empty state is drawn as "Waiting for the first answer". All text is data: only textContent is written.
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
const write = (node, text) => { if (node.textContent !== (text ?? "")) node.textContent = text ?? ""; };
const pace = (wait, act) => {
  let timer;
  return (...values) => { clearTimeout(timer); timer = setTimeout(() => act(...values), wait); };
};

function board(el, link) {
  const now = { state: {}, prices: {}, progress: "", notice: {}, options: {} };
  const ready = () => Array.isArray(now.state.projects);
  const asks = () => now.options.ask;
  const sent = new Map();
  let seq = 0, wantsFocus = null, by = null;
  const send = (type, more = {}) => {
    if (now.options.readonly) return;
    seq = Math.max(seq, now.state.seq || 0) + 1;
    sent.set(seq, performance.now());
    root.dataset.sent = seq;
    root.dataset.waiting = "yes";
    guard.push({ type, seq, ...more });
  };

  // --- the frame, built once
  const title = make("div", { class: "pw-title" });
  const button = (label, act, hint, type = "") => make("button", { type: "button", class: "pw-button", onclick: act, title: hint, "data-needs": type }, label);
  const undo = button("Undo", () => send("undo"), "Take the last move back", "undo");
  const redo = button("Redo", () => send("redo"), "Make it again", "redo");
  const again = button("Recommended", () => send("again"), "Back to the recommended plan; it can be undone", "again");
  const sizes = [1, 1.2, 1.45, 1.75];
  const larger = button("Larger type", () => {
    const at = (sizes.indexOf(Number(root.dataset.size || 1)) + 1) % sizes.length;
    root.dataset.size = sizes[at];
    desk.style.zoom = sizes[at];
    desk.style.setProperty("--zoom", sizes[at]);
    fit();
    write(larger, at === sizes.length - 1 ? "Normal type" : "Larger type");
  }, "For the projector");
  const wide = button("Full screen", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (root.requestFullscreen) root.requestFullscreen();
  }, "For the projector; Esc ends it");
  const second = button("Second screen", () => mirror(), "A window to look at, without the controls");
  const headline = make("h2", { class: "pw-headline", "aria-live": "polite" });
  const proof = make("span", { class: "pw-proof", role: "status" });
  const alarm = make("div", { class: "pw-alarm", role: "alert", hidden: true });
  const tileRow = make("div", { class: "pw-tiles" });
  const conflict = make("div", { class: "pw-conflict", role: "alert", tabIndex: 0, hidden: true });
  const find = make("input", { class: "pw-find", type: "search", placeholder: "Find a project", "aria-label": "Find a project", oninput: () => filter() });
  const which = make("select", { class: "pw-which", "aria-label": "Which projects", onchange: () => filter() });
  for (const [value, label] of [["all", "All projects"], ["moved", "Changed in the last move"], ["forced", "Forced"], ["differs", "Not as recommended"], ["fund", "Funded"], ["refuse", "Out"]])
    which.append(make("option", { value }, label));
  const shown = make("span", { class: "pw-shown" });
  const body = make("div", { class: "pw-rows", role: "table", "aria-label": "Projects" });
  const sorting = { by: "", down: false };
  const heads = [["Plan", "word"], ["Project", "name"], ["Value", "worth"], ["Cost", "spend"], ["Your choice", "forced"], ["Reversing costs", "price"]].map(([label, key]) => {
    const node = make("div", { role: "columnheader", class: ["worth", "spend", "price"].includes(key) ? "pw-num" : "" },
      make("button", { type: "button", class: "pw-sort", "data-sort": key, title: `Sort by ${label.toLowerCase()}`, onclick: () => {
        if (sorting.by !== key) Object.assign(sorting, { by: key, down: ["worth", "spend"].includes(key) });
        else if (sorting.down === ["worth", "spend"].includes(key)) sorting.down = !sorting.down;
        else sorting.by = "";
        order();
      } }, label));
    return [key, node];
  });
  body.append(make("div", { class: "pw-row pw-head", role: "row" }, ...heads.map(([, node]) => node)));
  const money = slider("Money", (value) => send("money", { value }));
  const role = make("select", { class: "pw-role", "aria-label": "Role", onchange: () => drawPeople() });
  const people = slider("People", (value) => send("people", { role: role.value, value }));
  people.label.replaceWith(role);
  const gaugeList = make("div", { class: "pw-gauges", role: "list", tabIndex: 0, "aria-label": "Limits" });
  const movedBox = make("div", { class: "pw-moved", "aria-live": "polite", tabIndex: 0 });
  const logBox = make("div", { class: "pw-log", role: "log", tabIndex: 0, "aria-label": "Log of moves" });
  const caseName = make("input", { class: "pw-name", type: "text", "aria-label": "Name of the case" });
  const keep = button("Keep this case", () => send("keep", { name: caseName.value }), "As a scenario for the next pack; a case that is tried is no decision", "keep");
  const end = button("End of meeting…", () => closing.ask(), "Which case was decided; minutes and decisions.csv", "decide");
  const sessions = make("select", { class: "pw-sessions", "aria-label": "Saved sessions", "data-needs": "restore" });
  const open = button("Open the saved session", () => send("restore", { session: sessions.value }), "Its case and its log; Undo and Redo replay it", "restore");
  const against = button("Compare with it", () => send("compare", { session: sessions.value }), "What is different between that session's plan and this one", "compare");
  const stop = button("Stop", () => send("stop"), "Stop the search; the best plan known stays", "stop");
  const progress = make("span", { class: "pw-progress" });
  const notice = make("div", { class: "pw-notice", role: "status" });
  const section = (label, ...nodes) => make("section", { class: "pw-section" }, make("h3", {}, label), ...nodes);
  const uses = section("", gaugeList), usesHead = uses.firstChild;
  const dialog = reasonBox(), closing = closingBox();
  const desk = make("div", { class: "pw-desk" },
    make("div", { class: "pw-bar" }, title, make("div", { class: "pw-buttons" }, undo, redo, again, larger, second, wide)),
    make("div", { class: "pw-lead" }, headline, proof, alarm),
    make("div", { class: "pw-numbers" }, tileRow, conflict),
    make("div", { class: "pw-main" },
      make("div", { class: "pw-left" }, make("div", { class: "pw-tools" }, find, which, shown), body),
      make("div", { class: "pw-right" },
        section("What if the limits move", money.node, people.node),
        uses,
        section("Since the last move", movedBox),
        section("Log", logBox))),
    make("div", { class: "pw-foot" }, caseName, keep, end, sessions, open, against, notice, progress, stop));
  const root = make("div", { class: "pw-board", role: "group", "aria-label": "Arbitration" }, desk, dialog.node, closing.node);
  el.append(root);
  // A narrow place (a small window, 200 % zoom, larger type): one column.
  const fit = () => desk.classList.toggle("pw-narrow", root.clientWidth > 0 && root.clientWidth / Number(root.dataset.size || 1) < 760);
  const sized = new ResizeObserver(fit);
  sized.observe(root);

  // --- parts
  function slider(label, act) {
    const words = make("output", { class: "pw-words" });
    const input = make("input", { type: "range", class: "pw-range", "aria-label": label });
    const later = pace(140, () => { input.dataset.own = ""; act(Number(input.value)); });
    input.addEventListener("input", () => { input.dataset.own = "yes"; write(words, `${input.value}…`); later(); });
    const name = make("span", { class: "pw-label" }, label);
    return { node: make("div", { class: "pw-slider" }, name, input, words), input, words, label: name };
  }

  function box(heading, ...parts) {
    const form = make("form", { class: "pw-form" }, heading, ...parts);
    heading.id = "pw-ask-" + Math.random().toString(36).slice(2);
    const node = make("div", { class: "pw-veil", hidden: true, role: "dialog", "aria-modal": "true", "aria-labelledby": heading.id }, form);
    const close = () => { node.hidden = true; if (wantsFocus) wantsFocus.focus(); };
    node.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close();
      if (event.key !== "Tab") return;
      const stops = [...form.querySelectorAll("input,select,button")].filter((n) => n.offsetParent && (n.type !== "radio" || n.checked));
      const at = stops.indexOf(root.getRootNode().activeElement);
      if (event.shiftKey && at === 0) { event.preventDefault(); stops[stops.length - 1].focus(); }
      if (!event.shiftKey && at === stops.length - 1) { event.preventDefault(); stops[0].focus(); }
    });
    return { node, form, close };
  }
  function field(label, input) { return make("label", { class: "pw-field" }, label, input); }

  function reasonBox() {
    const heading = make("h3"), price = make("p", { class: "pw-price" });
    const level = make("select", { "aria-label": "Level" });
    const levelRow = field("Level ", level);
    const reason = make("input", { type: "text", class: "pw-reason", placeholder: "A few words for the minutes" });
    const who = make("input", { type: "text", class: "pw-by" });
    const error = make("p", { class: "pw-error", role: "alert" });
    const go = make("button", { type: "submit", class: "pw-button pw-strong" });
    const { node, form, close } = box(heading, price, levelRow, field("Reason ", reason), field("Decided by ", who), error,
      make("div", { class: "pw-buttons" }, go, make("button", { type: "button", class: "pw-button", onclick: () => { asked = null; close(); } }, "Cancel")));
    let asked = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!reason.value.trim()) {
        write(error, "An override without a reason is refused: say in a few words why.");
        reason.focus();
        return;
      }
      by = who.value;
      const more = { ...asked, level: asked.way === "in" ? level.value : "", reason: reason.value, by: who.value };
      asked = null;
      close();
      send("force", more);
    });
    const ask = (project, way, wanted) => {
      asked = { project: project.id, way };
      write(heading, `Take ${project.name} (${project.id}) ${way}?`);
      level.replaceChildren(make("option", { value: "" }, "any level, whichever is best"), ...project.levels.map(([v, t]) => make("option", { value: v }, t)));
      level.value = wanted ?? project.forced_level;
      levelRow.hidden = way === "out" || !project.levels.length;
      reason.value = project.forced === way ? project.reason : "";
      who.value = project.forced === way ? project.by : by ?? now.options.by ?? "";
      write(go, way === "in" ? "Take it in" : "Take it out");
      write(error, "");
      preview();
      node.hidden = false;
      reason.focus();
    };
    const preview = () => {
      if (!asked || !ready()) return;
      const project = now.state.projects.find((p) => p.id === asked.project);
      const known = now.prices[asked.project];
      const wanted = asked.way === "in" && (project.levels.find(([value]) => value === level.value) || [])[1];
      const same = (asked.way === "in") === (project.decision === "fund");
      write(price, project.decision === "none" ? "There is no plan now to compare with."
        : same && (!wanted || wanted === project.level) ? "The plan shown does this already; the choice holds it there."
        : wanted || project.forced === asked.way ? "What this level costs is known when it is chosen."
        : known && known.way === asked.way ? known.long : project.forced !== "free" ? "It is forced the other way now." : "Its price is being worked out…");
    };
    level.addEventListener("change", preview);
    return { node, ask, preview };
  }

  function closingBox() {
    const list = make("div", { class: "pw-cases", role: "radiogroup", "aria-label": "Cases of this meeting" });
    const note = make("input", { type: "text", class: "pw-note-text", placeholder: "What the minutes shall say besides" });
    const who = make("input", { type: "text", class: "pw-by" });
    const { node, form, close } = box(make("h3", {}, "End of meeting: which case was decided?"),
      make("p", { class: "pw-quiet" }, "The others stay in the minutes as tried. Nothing earlier is overwritten."), list, field("Note ", note), field("Decided by ", who),
      make("div", { class: "pw-buttons" }, make("button", { type: "submit", class: "pw-button pw-strong" }, "Write minutes and decisions"),
        make("button", { type: "button", class: "pw-button", onclick: () => close() }, "Cancel")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const picked = list.querySelector("input:checked");
      if (!picked) return;
      close();
      send("decide", { case: picked.value, note: note.value, by: who.value });
    });
    const ask = () => {
      wantsFocus = end;
      const cases = now.state.cases || [], first = cases.find((one) => !one.none);
      list.replaceChildren(...cases.map((one) => make("label", { class: "pw-case" },
        make("input", { type: "radio", name: "pw-case", value: one.id, checked: one === first, disabled: one.none }), make("span", {}, one.words), make("span", { class: "pw-num" }, one.value))));
      who.value = by ?? now.options.by ?? "";
      node.hidden = false;
      list.querySelector("input:checked")?.focus();
    };
    return { node, ask };
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
    if (now.options.readonly) return;
    const project = now.state.projects.find((p) => p.id === id);
    const row = rows.get(id);
    wantsFocus = level === undefined ? row.choices[way] : row.level;
    if (way === "free") { if (project.forced !== "free") send("free", { project: id }); return; }
    if (project.forced === way && level === undefined) return;
    if (asks()) { dialog.ask(project, way, level); row.level.value = project.forced_level; }
    else send("force", { project: id, way, level: level || "", reason: "", by: by ?? now.options.by ?? "" });
  }

  function drawRow(project) {
    const row = rows.get(project.id);
    write(row.word, project.word);
    row.word.className = `pw-word pw-${project.decision}`;
    write(row.was, project.differs ? `advice: ${project.recommended}` : "");
    write(row.name, project.name);
    row.name.title = project.name;
    const moved = { entered: " · entered", left: " · left", resized: " · other level" }[project.moved] || "";
    write(row.under, `${project.id} · ${project.level || project.area}${moved}`);
    row.node.classList.toggle("pw-moving", !!project.moved);
    write(row.value, project.value);
    write(row.cost, project.cost);
    for (const [way, node] of Object.entries(row.choices)) {
      node.setAttribute("aria-pressed", String(project.forced === way));
      node.disabled = !!now.options.readonly || (project.duty && way === "out");
      node.title = project.duty && way === "out" ? "It must be done: the law asks for it" : way === project.forced && project.reason ? `${project.reason} (${project.by})` : "";
    }
    const pick = project.forced === "in" && project.levels.length > 0;
    row.level.hidden = !pick;
    row.level.disabled = !!now.options.readonly;
    if (pick && row.level.options.length !== project.levels.length + 1)
      row.level.replaceChildren(make("option", { value: "" }, "any level"), ...project.levels.map(([v, t]) => make("option", { value: v }, t)));
    if (pick) row.level.value = project.forced_level;
    Object.assign(row.node.dataset, { decision: project.decision, forced: project.forced, moved: project.moved, differs: project.differs ? "yes" : "" });
  }

  function drawPrices() {
    if (!ready()) return;
    for (const project of now.state.projects) {
      const row = rows.get(project.id), price = now.prices[project.id];
      write(row.price, project.duty ? "by law" : project.forced !== "free" ? "forced" : price ? price.short : now.state.status === "none" ? "–" : "…");
      row.price.title = price ? price.long : "";
    }
    dialog.preview();
    if (sorting.by === "price") order();
  }

  function order() {
    for (const [key, node] of heads) {
      const mine = key === sorting.by;
      node.setAttribute("aria-sort", mine ? (sorting.down ? "descending" : "ascending") : "none");
      node.firstChild.dataset.way = mine ? (sorting.down ? "▾" : "▴") : "";
    }
    if (!ready()) return;
    const of = (project) => sorting.by === "price" ? now.prices[project.id]?.low ?? Infinity : project[sorting.by];
    const all = [...now.state.projects];
    if (sorting.by) all.sort((a, b) => {
      const one = of(a), other = of(b);
      const step = typeof one === "number" ? (one === other ? 0 : one - other) : String(one).localeCompare(String(other));
      return sorting.down ? -step : step;
    });
    const wanted = all.map((p) => rows.get(p.id).node);
    if (wanted.every((node, i) => body.children[i + 1] === node)) return;
    const held = root.getRootNode().activeElement;
    body.append(...wanted);
    if (held && body.contains(held)) held.focus({ preventScroll: true });
  }

  function filter() {
    if (!ready()) return;
    const word = find.value.trim().toLowerCase();
    let count = 0;
    for (const project of now.state.projects) {
      const kind = { all: true, moved: project.moved, forced: project.forced !== "free", differs: project.differs, fund: project.decision === "fund", refuse: project.decision !== "fund" }[which.value];
      const found = kind && `${project.id} ${project.name} ${project.area}`.toLowerCase().includes(word);
      rows.get(project.id).node.hidden = !found;
      count += found ? 1 : 0;
    }
    write(shown, `${count} of ${rows.size}, ${now.state.unit}`);
  }

  const gauges = new Map();
  function drawGauges(limits) {
    for (const limit of limits) {
      if (!gauges.has(limit.id)) {
        const words = make("span", { class: "pw-gauge-words" }), fill = make("i");
        const node = make("div", { class: "pw-gauge", role: "listitem", "data-limit": limit.label }, make("span", { class: "pw-gauge-label" }, limit.label), make("span", { class: "pw-meter" }, fill), words);
        gaugeList.append(node);
        gauges.set(limit.id, { node, words, fill });
      }
      const gauge = gauges.get(limit.id);
      write(gauge.words, limit.words);
      gauge.node.classList.toggle("pw-full", limit.full);
      gauge.node.classList.toggle("pw-over", !!limit.over);
      gauge.node.title = limit.long;
      gauge.fill.style.width = `${100 * limit.share}%`;
    }
  }

  function drawPeople() {
    const all = now.state.people || [];
    people.node.hidden = !all.length;
    if (!all.length) return;
    if (role.options.length !== all.length) role.replaceChildren(...all.map((p) => make("option", { value: p.role }, p.label)));
    const one = all.find((p) => p.role === role.value) || all[0];
    Object.assign(people.input, { min: 0, max: one.high, step: 1 });
    people.input.setAttribute("aria-label", `People: ${one.label}`);
    if (people.input.dataset.own !== "yes") { people.input.value = one.value; write(people.words, one.words); }
    people.input.setAttribute("aria-valuetext", one.words);
  }

  function drawMoney(one) {
    Object.assign(money.input, { min: one.low, max: one.high, step: 1 });
    if (money.input.dataset.own !== "yes") { money.input.value = one.value; write(money.words, one.words); }
    money.input.setAttribute("aria-label", "Money, percent of the envelopes");
    money.input.setAttribute("aria-valuetext", one.words);
  }

  function drawTiles(tiles) {
    if (tileRow.children.length !== tiles.length)
      tileRow.replaceChildren(...tiles.map(() => make("div", { class: "pw-tile" }, make("div", { class: "pw-label" }), make("b"), make("div", { class: "pw-note" }))));
    tiles.forEach((tile, i) => {
      const [label, value, note] = tileRow.children[i].children;
      write(label, tile.label); write(value, tile.value); write(note, tile.note);
      note.title = tile.note;
      tileRow.children[i].classList.toggle("pw-focus", !!tile.focus);
      tileRow.children[i].classList.toggle("pw-over", !!tile.over);
    });
  }

  function draw() {
    const state = now.state;
    root.dataset.empty = ready() ? "" : "yes";
    if (!ready()) { write(headline, "Waiting for the first answer…"); return; }
    seq = Math.max(seq, state.seq || 0);
    write(title, state.title);
    title.title = `${state.title} · ${state.unit_long}`;
    write(usesHead, `What the plan uses (money in ${state.money_unit})`);
    write(headline, state.headline);
    write(proof, state.computing || state.proof);
    proof.title = proof.textContent;
    proof.className = `pw-proof pw-is-${state.computing ? "computing" : state.status}`;
    desk.classList.toggle("pw-computing", !!state.computing);
    drawTiles(state.tiles);
    write(conflict, state.conflict);
    conflict.hidden = !state.conflict;
    for (const project of state.projects) if (!rows.has(project.id)) addRow(project);
    state.projects.forEach(drawRow);
    drawGauges(state.limits);
    drawMoney(state.money);
    drawPeople();
    movedBox.replaceChildren(...state.moved.map(([lead, text]) => make("p", {}, make("b", {}, lead ? `${lead}: ` : ""), text)));
    logBox.replaceChildren(...state.log.map((line) => make("p", { class: "pw-line" }, make("span", { class: "pw-time" }, line.time), make("span", {}, line.move + (line.why ? ` (${line.why})` : "")), make("span", { class: "pw-num" }, line.value))));
    if (!state.log.length) logBox.append(make("p", { class: "pw-quiet" }, "Every move is written here with its time and reason."));
    undo.disabled = !state.undo;
    redo.disabled = !state.redo;
    again.disabled = !state.changed;
    drawPrices();
    order();
    filter();
    root.dataset.status = state.status;
    root.dataset.seq = state.seq;
    root.dataset.computing = state.computing ? "yes" : "";
    root.setAttribute("aria-busy", String(state.busy));
    timed(state);
    drawProgress();
  }
  function timed(state) {
    const began = sent.get(state.seq);
    if (began === undefined || state.computing) return;
    const spent = performance.now() - began;
    if (root.dataset.waiting === "yes" && Number(root.dataset.sent) === state.seq) {
      root.dataset.answerMs = spent.toFixed(1);
      root.dataset.waiting = "";
    }
    if (!state.busy) {
      root.dataset.proofMs = spent.toFixed(1);
      sent.clear();
    }
  }
  function drawProgress() {
    const text = now.state.busy ? "Searching…" : now.progress;
    write(progress, text);
    stop.hidden = !text || without("stop");
  }
  function drawNotice() {
    write(notice, now.notice.text);
    notice.title = now.notice.text || "";
    notice.classList.toggle("pw-error", !!now.notice.error);
    if (now.notice.error) { money.input.dataset.own = ""; people.input.dataset.own = ""; if (ready()) draw(); }
  }
  function without(type) { return (now.options.without || []).includes(type); }
  function drawOptions() {
    root.classList.toggle("pw-readonly", !!now.options.readonly);
    for (const node of desk.querySelectorAll("[data-needs]"))
      if (node !== stop && node.dataset.needs) node.hidden = without(node.dataset.needs);
    const saved = now.options.sessions || [];
    for (const node of [sessions, open, against]) node.hidden = !saved.length || without(node.dataset.needs);
    sessions.replaceChildren(...saved.map(([value, words]) => make("option", { value }, words)));
    if (!caseName.value) caseName.value = now.options.name || "";
    caseName.hidden = keep.hidden;
  }

  // --- a second window that shows the same and asks nothing
  const mirrors = new Set();
  function mirror() {
    const page = window.open("", "_blank", "popup,width=1280,height=800");
    if (!page) { write(notice, "The browser did not open a second window: allow pop-ups for this page."); return; }
    page.document.title = now.state.title || "Board";
    for (const style of root.getRootNode().querySelectorAll("style, link[rel=stylesheet]")) page.document.head.append(style.cloneNode(true));
    for (const style of document.querySelectorAll("style")) page.document.head.append(style.cloneNode(true));
    page.document.body.style.cssText = "margin:0;background:#fff";
    const close = board(page.document.body, {
      send: () => {},
      listen: (act) => { const hear = (news) => act({ ...news, options: { ...now.options, readonly: true } }); mirrors.add(hear); hear({ ...now }); return () => mirrors.delete(hear); },
    });
    page.addEventListener("pagehide", close);
  }

  // --- whether the other side is there
  const warn = (words) => {
    root.dataset.link = words ? "lost" : "";
    write(alarm, words);
    alarm.hidden = !words;
    proof.hidden = !!words;
    for (const hear of mirrors) hear({ alarm: words });
  };
  const guard = watch(link, warn, () => !now.options.readonly && (!document.hidden || !ready()) && { type: ready() ? "ping" : "ready", seq }, ", then open the session: every move is kept.");

  root.addEventListener("keydown", (event) => {
    const typing = /INPUT|SELECT/.test(event.target.tagName);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !(typing && event.target.type === "text")) {
      send(event.shiftKey ? "redo" : "undo");
      event.preventDefault();
      event.stopPropagation();
    }
  });
  const free = ownKeys(root);
  root.addEventListener("fullscreenchange", () => write(wide, document.fullscreenElement ? "Leave full screen" : "Full screen"));
  const drawings = { state: draw, prices: drawPrices, progress: drawProgress, notice: drawNotice, options: drawOptions };
  const deaf = link.listen((news) => {
    if (news.alarm) { warn(news.alarm); return; }
    guard.heard();
    for (const part of Object.keys(now)) if (news[part] !== undefined && news[part] !== null) now[part] = news[part];
    for (const [part, act] of Object.entries(drawings)) if (news[part] !== undefined) act();
    for (const hear of mirrors) hear(news);
  });
  draw(); drawOptions();
  guard.push({ type: "ready", seq });
  link.opened?.then(() => guard.push({ type: "ready", seq }));
  return () => { guard.end(); sized.disconnect(); free(); deaf(); root.remove(); };
}
