// A trial on the page: moves, undo, reasons, and the answers met; the link of a board. No screen, no solver.
"use strict";
const START = { money: 1, people: {}, forces: [] };
const WORDS = { fund: "FUND", stop: "STOP", refuse: "OUT", none: "–" };
const QUANTITY = ["envelope", "capacity", "share", "count", "spend", "demand"];

// A number as the pack prints it: halves away from zero on 15 digits, thin spaces, a real minus.
const printed = (x, decimals = 1, signed = false) => {
  const [digits, exponent] = Math.abs(x).toExponential(14).split("e"), shift = 14 - Number(exponent) - decimals;
  let whole = BigInt(digits.replace(".", ""));
  whole = shift > 0 ? (whole + 5n * 10n ** BigInt(shift - 1)) / 10n ** BigInt(shift) : whole * 10n ** BigInt(-shift);
  const text = whole.toString().padStart(decimals + 1, "0"), cut = text.length - decimals;
  const shown = text.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, "\u202f") + (decimals ? `.${text.slice(cut)}` : "");
  return (whole === 0n ? "" : x < 0 ? "−" : signed ? "+" : "") + shown;
};
const sum = (x, signed) => printed(x, Math.abs(x) >= 1000 ? 0 : 1, signed);
const plainly = (x) => printed(x, Math.abs(x - Math.round(x)) < 0.05 ? 0 : 1);
const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
const keyOf = ({ money, people, forces }) => JSON.stringify([money, Object.entries(people).sort(), forces.map((f) => [f.project, f.way, f.level])]);

// The limit that is overrun; else one at its end, people before money; else the one with the least left.
const tightest = (uses) => {
  const limits = uses.filter((use) => !use.least || use.over), full = limits.filter((use) => use.full);
  const near = limits.filter((use) => use.limit > 0).sort((a, b) => b.used / b.limit - a.used / a.limit).slice(0, 1);
  const found = [full.filter((use) => use.over), full.filter((use) => use.row.role), full, near].find((part) => part.length) ?? [];
  return found.reduce((most, use) => (most && most.used >= use.used ? most : use), undefined);
};

class Session {
  // `ask(case, known, tell)` starts a search and ends the one before; without a case it only ends it.
  constructor(question, ask, { committee = "", title = "", now = () => new Date() } = {}) {
    const { data } = question, { recommended } = data;
    Object.assign(this, { question, ask, committee, title, now, past: [], future: [], log: [], seq: 0, answers: new Map(), heard: new Set() });
    this.names = new Map(data.projects.map((one) => [one.id, one.name]));
    this.unit = data.unit.short;
    this.orders = data.orders.map((one) => ({ ...one }));
    this.start = { ...START, forces: this.orders };
    const { value } = question.evaluate(recommended.plan, question.limits());
    const proven = recommended.status === "optimal" && recommended.bound <= recommended.value;
    this.recommended = { status: proven ? "proven" : "stopped", plan: recommended.plan, exact: value, bound: recommended.bound };
    this.answers.set(keyOf(this.start), this.recommended);
    this.today = {};
    for (const row of data.rows) if (row.kind === "capacity" && row.amount > 0) this.today[row.role] = Math.max(this.today[row.role] ?? 0, row.amount);
    this.funds = data.rows.filter((row) => row.kind === "envelope" && row.scope === "all").reduce((all, row) => all + row.amount, 0);
    this.case = this.before = this.start;
    this.running = false;
  }

  get answer() { return this.answers.get(keyOf(this.case)) ?? { status: "open", plan: null, exact: null, bound: Infinity }; }
  get trial() { return keyOf(this.case) !== keyOf(this.start); }
  name(id) { return `${id} ${this.names.get(id)}`; }
  role(role) { return this.question.data.rows.find((row) => row.role === role).people; }

  // The link: moves as a board sends them, and every new state for whoever listens.
  listen(act) {
    const without = ["keep", "decide", "restore", "compare"];
    this.heard.add(act);
    act({ state: this.state, prices: this.prices, progress: "", notice: {}, options: { ask: false, by: "", name: "", sessions: [], without } });
    return () => this.heard.delete(act);
  }
  changed() {
    const news = { state: this.state, prices: this.prices };
    for (const act of this.heard) act(news);
  }
  fail() {
    this.running = false;
    this.changed();
  }
  send({ type, seq = this.seq, ...told }) {
    const { case: now } = this;
    this.seq = seq;
    if (type === "ready" || type === "ping") for (const act of this.heard) act({ pong: seq });
    if (type === "stop") { this.ask(null); this.fail(); }
    else if (type === "force") this.force(told);
    else if (type === "free") this.move({ ...now, forces: now.forces.filter((f) => f.project !== told.project) }, `${this.name(told.project)} free again`);
    else if (type === "money") this.move({ ...now, money: told.value / 100 }, told.value === 100 ? "Money as in the register" : `Money ${printed(told.value - 100, 0, true)} %`);
    else if (type === "people") {
      const { [told.role]: _, ...others } = now.people, factor = told.value / this.today[told.role];
      const people = Math.abs(factor - 1) > 1e-9 ? { ...others, [told.role]: factor } : others;
      this.move({ ...now, people }, `${this.role(told.role)}: ${plainly(told.value)} of ${plainly(this.today[told.role])}`);
    } else if (type === "again") this.move(this.start, "Back to the recommended plan");
    else if (type === "undo" && this.past.length) { this.future.push(now); this.go(this.past.pop(), "Undo"); }
    else if (type === "redo" && this.future.length) { this.past.push(now); this.go(this.future.pop(), "Redo"); }
    else if (type === "reason") {
      const forces = now.forces.map((f) => (f.project === told.project ? { ...f, reason: told.reason, by: told.by } : f));
      this.case = { ...now, forces };
      for (const one of this.log) if (one.project === told.project && one.at === keyOf(now)) Object.assign(one, { reason: told.reason, by: told.by });
    }
  }

  force({ project, way, level = "", reason = "", by = "" }) {
    const order = { project, way, level, reason, by, date: this.now().toISOString().slice(0, 10) };
    const forces = [...this.case.forces.filter((f) => f.project !== project), order].sort((a, b) => (a.project < b.project ? -1 : 1));
    this.move({ ...this.case, forces }, `${this.name(project)} ${way}${level ? ` (${level})` : ""}`, order);
  }

  move(next, words, order = {}) {
    if (keyOf(next) === keyOf(this.case)) return;
    this.past.push(this.case);
    this.future = [];
    this.go(next, words, order);
  }

  go(next, words, order = {}) {
    [this.before, this.case] = [this.case, next];
    this.log.push({ time: this.now(), words, reason: order.reason ?? "", by: order.by ?? "", project: order.project, case: next, at: keyOf(next) });
    this.search();
  }

  search() {
    const asked = this.case, key = keyOf(asked), known = this.answers.get(key);
    this.running = !known || !["proven", "stopped", "none"].includes(known.status);
    if (this.running) {
      const plans = [...this.answers.values()].flatMap((one) => (one.plan ? [one.plan] : [])).slice(-40);
      this.ask(asked, plans, (answer) => {
        this.answers.set(key, answer);
        if (key !== keyOf(this.case)) return;
        this.running = answer.status === "known" || answer.status === "open";
        this.changed();
      });
    } else this.ask(null);
    this.changed();
  }

  // What an answer says of a project.
  level(project, answer = this.answer) {
    const at = this.question.groups.get(project).find((i) => answer.plan?.includes(i));
    return at === undefined ? null : this.question.data.options[at];
  }
  decision(project, answer = this.answer) {
    if (!answer.plan) return "none";
    const option = this.level(project, answer);
    return option ? (option.stop ? "stop" : "fund") : "refuse";
  }

  // Who leaves, comes in or changes its size from one answer to another.
  changes(before, after) {
    const found = { left: [], entered: [], resized: [] };
    if (!before?.plan || !after?.plan) return found;
    for (const { id } of this.question.data.projects) {
      const [old, now] = [before, after].map((one) => { const at = this.level(id, one); return at && !at.stop ? at.level : null; });
      if (old && !now) found.left.push(id);
      else if (!old && now) found.entered.push(id);
      else if (old !== now) found.resized.push(id);
    }
    return found;
  }

  // What the plan uses of every limit of money, people and the like.
  uses(answer = this.answer, given = this.case) {
    if (!answer.plan) return [];
    const { question } = this, exact = question.evaluate(answer.plan, question.limits(given.money, given.people)), filled = new Set(question.columns(answer.plan));
    return question.data.rows.flatMap((row, r) => {
      if (!QUANTITY.includes(row.kind)) return [];
      const least = exact.high[r] === null, most = exact.high[r] !== null;
      if (!most && exact.low[r] === null) return [];
      const bound = most ? exact.high[r] + exact.carried[r] : exact.low[r];
      let [used, limit, slack] = [amount(exact.used[r]), amount(bound), amount(most ? bound - exact.used[r] : exact.used[r] - bound)];
      if (row.part) {
        const [part, whole] = [row.part, row.whole].map((side) => side.reduce((all, [c, x]) => all + (filled.has(c) ? x : 0), 0));
        used = whole ? part / whole : 0; limit = row.share; slack = clean(most ? limit - used : used - limit);
      }
      return [{ row, label: row.label, used, limit, least, full: slack <= 0, over: slack < 0, share: Boolean(row.part) }];
    });
  }

  get loss() { return this.answer.plan ? amount(this.recommended.exact - this.answer.exact) : null; }
  get worst() { return Math.max(0, amount(this.recommended.exact) - this.answer.bound); } // no plan of the case loses less

  // Everything that a board draws, in words.
  get state() {
    const { question: { data, groups }, answer, recommended, case: now, unit } = this, moved = this.changes(recommended, answer), last = this.changes(this.answers.get(keyOf(this.before)), answer);
    const value = answer.plan && amount(answer.exact), rest = answer.plan ? Math.max(0, answer.bound - value) : Infinity;
    const projects = data.projects.map(({ id, name, area, duty }) => {
      const force = now.forces.find((f) => f.project === id), option = this.level(id), going = groups.get(id).map((i) => data.options[i]).filter((one) => !one.stop);
      const shown = option ?? going.reduce((a, b) => (b.cost > a.cost ? b : a), going[0] ?? data.options[groups.get(id)[0]]);
      const decision = this.decision(id), advice = this.decision(id, recommended);
      return {
        id, name, area, duty, decision, word: WORDS[decision], recommended: WORDS[advice], differs: decision !== advice && decision !== "none",
        levels: going.length > 1 ? going.map((one) => [one.level, one.label || one.level]) : [], level: going.length > 1 && option && !option.stop ? option.label || option.level : "",
        value: printed(shown.value), cost: printed(shown.cost), worth: shown.value, spend: shown.cost, moved: last.entered.includes(id) ? "entered" : last.left.includes(id) ? "left" : last.resized.includes(id) ? "resized" : "",
        forced: force?.way ?? "free", forced_level: force?.level ?? "", reason: force?.reason ?? "", by: force?.by ?? "",
      };
    });
    const uses = this.uses(), near = tightest(uses), full = uses.filter((use) => use.full && (!use.least || use.over));
    const people = Object.entries(this.today).map(([role, count]) => {
      const value = clean(count * (now.people[role] ?? 1));
      return { role, label: this.role(role), value, today: count, high: Math.max(1, Math.round(1.5 * count)), words: `${plainly(value)} of ${plainly(count)} in the fullest period` };
    });
    const scarce = new Map();
    for (const use of this.uses(recommended, this.start)) if (use.row.role) scarce.set(use.row.role, Math.max(scarce.get(use.row.role) ?? 0, use.limit ? use.used / use.limit : 1));
    people.sort((a, b) => (scarce.get(b.role) ?? 0) - (scarce.get(a.role) ?? 0));
    const limits = uses.map(({ row, label, used, limit, least, share, over, full: end }) => {
      const words = `${plainly(share ? 100 * used : used)} ${least ? "of at least" : "of"} ${plainly(share ? 100 * limit : limit)}${share ? " %" : ""}${over ? ", at its price" : ""}`;
      return { id: `${row.rule} ${label} ${least}`, label, words, long: `${label}: ${words}${share ? "" : ` ${row.unit}`}`, full: end && !least, over, share: Math.min(1, Math.max(0, limit ? used / limit : 1)) };
    });
    const limiting = full.map((use) => limits[uses.indexOf(use)]).map((one) => `${one.label}: ${one.words}`);
    const names = (ids) => ids.map((id) => this.name(id)).join(", ");
    return {
      title: this.title, unit, unit_long: data.unit.value, money_unit: data.unit.money_short, basis: data.basis, headline: this.headline(), status: answer.status, proof: this.proof(rest), busy: this.running, computing: this.running && answer.status === "open" ? "Looking for a plan…" : "",
      conflict: answer.status === "none" ? `No plan obeys all of this together: ${listed(answer.rules.map((name) => this.ruleWords(name)))}.` : "",
      trial: this.trial, advice: sum(amount(recommended.exact)), projects, left: names(moved.left), entered: names(moved.entered), resized: moved.resized.map((id) => `${this.name(id)} (${this.level(id).label || this.level(id).level})`).join(", "),
      limiting, limits, tiles: [
        { label: "Recommended in this pack", value: sum(amount(recommended.exact)), note: unit },
        { label: this.trial ? "Trial, not the pack's figures" : "No trial yet", value: answer.plan ? sum(value) : "n/a", note: this.trial ? this.lossWords() : "choose below", focus: this.trial },
        { label: "Tightest limit", value: answer.plan ? (near ? limits[uses.indexOf(near)].words : "no limit") : "n/a", note: near ? `${near.label}${full.length > 1 ? `, and ${full.length - 1} more` : ""}` : "" },
      ],
      moved: this.log.length ? [["Left", last.left], ["Entered", last.entered], ["Other level", last.resized]].flatMap(([label, ids]) => (ids.length ? [[label, names(ids)]] : [])) : [["", "No move yet. Take a project in or out, or move a limit."]],
      money: { value: Math.round(100 * now.money), low: 50, high: 150, words: `${sum(this.funds * now.money)} in all, ${now.money === 1 ? "as in the register" : `${printed(100 * (now.money - 1), 0, true)} %`}` },
      people, cases: [],
      forces: now.forces.map((f) => ({ ...f, name: this.name(f.project) })),
      log: this.log.slice(-60).reverse().map((one) => ({ time: one.time.toTimeString().slice(0, 5), move: one.words, why: [one.reason, one.by].filter(Boolean).join("; "), value: this.valueWords(one.at) })),
      undo: this.past.length > 0, redo: this.future.length > 0, changed: this.trial, seq: this.seq,
    };
  }

  // What reversing a choice of the recommended plan costs; in a trial nobody has worked it out.
  get prices() {
    const verbs = { in: "Taking it in", out: "Taking it out" }, { reversals = [] } = this.question.data;
    return Object.fromEntries(this.question.data.projects.map(({ id }) => {
      const found = this.trial ? null : reversals.find((one) => one.project === id);
      if (!found) return [id, { short: "–", long: this.trial ? "Not worked out in a trial: choose it and see." : "" }];
      return [id, { way: found.way, low: found.price, short: sum(found.price), long: `${verbs[found.way]} costs ${sum(found.price)} ${this.unit}.` }];
    }));
  }

  headline() {
    const { answer, unit } = this;
    if (answer.status === "none") return "No plan obeys the rules of this trial.";
    if (!answer.plan) return answer.bound < Infinity ? `At most ${sum(answer.bound)} ${unit}; looking for a plan…` : "Looking for a plan…";
    const value = `${sum(amount(answer.exact))} ${unit}`;
    return this.trial ? `${value}${this.about()}: ${this.lossWords()}` : `${value} with the recommended plan`;
  }
  about() {
    const { money, people, forces } = this.case, forced = forces.map((f) => `${this.names.get(f.project)} ${f.way}`);
    const parts = [...(money === 1 ? [] : [`money ${printed(100 * (money - 1), 0, true)} %`]), ...Object.entries(people).map(([role, x]) => `${plainly(x * this.today[role])} ${this.role(role)}`)];
    return parts.length + forced.length ? ` with ${listed([...parts, ...(forced.length > 2 ? [`${forced.length} projects forced`] : forced)])}` : "";
  }
  lossWords() {
    const { loss, worst, answer } = this;
    if (loss === null) return worst > 0 ? `at least ${sum(worst)} less than recommended` : "";
    if (sum(loss) === sum(0)) return "as much as recommended";
    if (loss < 0) return `${sum(-loss)} more than recommended`;
    return answer.status === "proven" || sum(worst) === sum(loss) ? `${sum(loss)} less than recommended` : `${sum(worst)} to ${sum(loss)} less than recommended`;
  }
  proof(rest) {
    const { answer, running } = this;
    if (answer.status === "proven") return "Proven best";
    if (answer.status === "none") return "No plan";
    if (!answer.plan) return "Looking for a plan…";
    return `Best plan known: at most ${sum(rest)} better is possible${running ? "; proving…" : ""}`;
  }
  valueWords(key) {
    const answer = this.answers.get(key);
    return answer?.plan ? sum(amount(answer.exact)) : answer?.status === "none" ? "no plan" : "";
  }
  ruleWords(name) {
    const force = this.case.forces.find((f) => `${f.project} ${f.way}` === name);
    if (force) return `${this.name(force.project)} ${force.way}`;
    const at = this.question.data.rows.findIndex((row) => row.rule === name && ["envelope", "capacity"].includes(row.kind)); // as the trial moved it
    if (at >= 0) return `${this.question.data.rows[at].label}: at most ${plainly(this.question.limits(this.case.money, this.case.people).rows[at].high)}`;
    return this.question.data.rules.find((rule) => rule.name === name)?.words ?? name;
  }

  // What is saved: rows of decisions.csv, and the session that the board opens. Words for what is missing, or none.
  lacking() {
    if (!this.answer.plan) return "There is no plan to save: no plan obeys the rules of this trial.";
    const bare = this.case.forces.filter((f) => !f.reason.trim());
    return bare.length ? `An override without a reason is refused: say in a few words why ${listed(bare.map((f) => `${this.name(f.project)} is ${f.way}`))}.` : "";
  }
  decisions() {
    const { case: now, committee, question: { data } } = this, today = this.now().toISOString().slice(0, 10);
    const moves = [...now.forces.map((f) => `${f.project} ${f.way} (${f.reason})`), ...(now.money === 1 ? [] : [`money ${printed(100 * (now.money - 1), 0, true)} %`]), ...Object.keys(now.people).map((role) => `other number of ${this.role(role)}`)];
    const head = ["date", "committee", "project_id", "project_name", "decision", "amount", "level", "reason", "decided_by", "recommended", "register_fingerprint"];
    const rows = data.projects.map(({ id, name }) => {
      const force = now.forces.find((f) => f.project === id), option = this.level(id), decision = this.decision(id), advice = this.decision(id, this.recommended);
      const reason = force?.reason ?? (decision === advice ? "" : `follows from ${moves.join("; ")}`);
      return [today, committee, id, name, decision, String(option?.cost ?? 0), option?.level ?? "", reason, force?.by || committee, advice, data.register.fingerprint];
    });
    const inert = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text), cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return [head, ...rows].map((row) => row.map((text) => cell(inert(text))).join(",")).join("\n") + "\n";
  }
  saved() {
    const local = (date) => new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
    const plain = ({ money, people, forces }) => ({
      money, people: Object.entries(people).sort(), forces: forces.map((f) => ({ project_id: f.project, in_out: f.way, level: f.level || null, reason: f.reason, decided_by: f.by, date: f.date || null })),
    });
    const log = this.log.map((one) => ({ time: local(one.time), words: one.words, reason: one.reason, decided_by: one.by, case: plain(one.case) }));
    const plan = Object.fromEntries((this.answer.plan ?? []).map((i) => [this.question.data.options[i].project, this.question.data.options[i].level]));
    return JSON.stringify({
      question: this.question.data.question, committee: this.committee || "Committee", saved: local(this.now()), case: plain(this.case), words: this.about().slice(6) || "the recommended plan",
      status: this.answer.status, plan, value: this.answer.plan && amount(this.answer.exact), log,
    }, null, 1);
  }
}
