// Answers of a case: at once a bound and the best plan known, then the proof. HiGHS bounds; whole numbers decide.
"use strict";
const PROOF = { // with a good value known, searches inside the search cost more than they find
  mip_allow_restart: false, mip_heuristic_effort: 0, mip_heuristic_run_rins: false, mip_heuristic_run_rens: false,
  mip_heuristic_run_root_reduced_cost: false, mip_heuristic_run_feasibility_jump: false,
  mip_detect_symmetry: false, mip_pool_soft_limit: 10, mip_lp_age_limit: 2,
};
const KEPT = 400; // plans
const CORE = 65; // options that a large question is searched in first

class Solver {
  constructor(highs, question) {
    Object.assign(this, { highs, question, known: [question.data.recommended.plan, ...question.data.plans] });
  }

  // One program through HiGHS: status, point, value, bound and reduced costs on the scale of the question.
  run(program, { whole = true, gap = 0, cutoff, seconds, told } = {}) {
    const { modelStatus, variableType, objectiveSense, callbackType } = this.highs.constants, s = scaled(program);
    const starts = [0], indices = [], values = [];
    for (const { entries } of s.rows) {
      for (const [c, x] of entries) { indices.push(c); values.push(x); }
      starts.push(indices.length);
    }
    const model = this.highs.createModel({
      numCols: s.value.length, numRows: s.rows.length, sense: objectiveSense.maximize, colCost: s.value, colLower: s.least, colUpper: s.most,
      rowLower: s.rows.map((row) => row.low), rowUpper: s.rows.map((row) => row.high),
      matrix: { format: "csr", numRows: s.rows.length, numCols: s.value.length, starts, indices, values },
      integrality: s.value.map((_, c) => (whole && c < s.n ? variableType.integer : variableType.continuous)),
    });
    try {
      model.options.set({ output_flag: false, random_seed: 0, mip_rel_gap: 0, mip_abs_gap: gap * s.factor, mip_feasibility_tolerance: 1e-7 });
      if (cutoff !== undefined) model.options.set({ ...PROOF, objective_bound: -cutoff * s.factor });
      else model.options.set({ mip_allow_restart: false });
      if (seconds) model.options.set({ time_limit: seconds });
      model.run(told ? { [callbackType.mipLogging]: (event) => { told(event.data.mip_dual_bound / s.factor); } } : undefined);
      const status = model.getModelStatus(), found = model.info.get("primal_solution_status") === 2;
      if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible) return { status: "none" };
      const { colValue, colDual } = model.getSolution(), value = found ? model.getObjectiveValue() / s.factor : -Infinity;
      return {
        status: status === modelStatus.optimal ? "optimal" : "open", value, found,
        bound: whole ? model.info.get("mip_dual_bound") / s.factor : value,
        x: found ? Array.from(colValue, (x, c) => x * s.columns[c]) : null,
        reduced: whole ? null : Array.from(colDual, (x, c) => x / s.columns[c] / s.factor),
      };
    } finally { model.dispose(); }
  }

  keep(plan) {
    this.known = [plan, ...this.known.filter((one) => `${one}` !== `${plan}`)].slice(0, KEPT);
  }

  // The answer of a case; `tell` is given every better one on the way.
  answer({ money = 1, people = {}, forces = [] }, tell = () => {}, { seconds } = {}) {
    const { question } = this, limits = question.limits(money, people), program = question.program(limits, forces);
    const began = performance.now(), relaxed = this.run(program, { whole: false });
    if (relaxed.status === "none") return { status: "none", rules: this.conflict(limits, forces, false) };
    const gap = Math.max(question.gap, question.data.gap * Math.abs(relaxed.bound));
    let best = null, bound = relaxed.bound + 1e-9 * question.size;
    const take = (plan) => {
      const exact = question.evaluate(plan, limits);
      if (!exact.sound || !question.follows(plan, forces) || (best && exact.value <= best.exact)) return false;
      best = { plan, exact: exact.value };
      return true;
    };
    const said = (status) => ({ status, plan: best?.plan ?? null, exact: best?.exact ?? null, bound: best && status === "proven" ? amount(best.exact) : bound, ms: performance.now() - began });
    const done = () => (question.data.gap ? { ...said("stopped"), bound: Math.min(bound, amount(best.exact) + gap) } : said("proven"));
    for (const plan of this.known) take(plan);
    tell(said("known"));
    for (const start of this.starts(limits, forces, relaxed.x)) take(new Search(question, limits, forces).improve(start));
    if (question.data.gap && !(best && bound < amount(best.exact) + gap)) {
      const found = this.run(this.core(program, relaxed), { gap: 0.5 * gap, seconds: 3 });
      if (found.found) take(this.plan(found));
    }
    if (best) this.keep(best.plan);
    tell(said("known"));
    const cuts = [];
    for (;;) {
      const cutoff = best ? amount(best.exact) + (question.step ? 0.5 * question.step : gap) : undefined;
      if (best && bound < cutoff) return done();
      const narrowed = best ? this.narrowed(program, relaxed, cutoff) : { ...program };
      narrowed.rows = [...narrowed.rows, ...cuts];
      const told = (now) => { if (now < bound - 1e-3 * question.size) { bound = now; tell(said("known")); } };
      const found = this.run(narrowed, { gap, cutoff: question.data.gap ? undefined : cutoff, seconds, told });
      if (!found.found) {
        if (found.status === "open") return said("stopped");
        return best ? done() : { status: "none", rules: this.conflict(limits, forces, true) };
      }
      const plan = this.plan(found);
      const better = take(plan);
      if (found.status === "open") { bound = Math.min(bound, found.bound); return said("stopped"); }
      if (better) {
        this.keep(plan);
        return done();
      }
      if (!question.evaluate(plan, limits).broken.length) return best ? done() : said("stopped");
      cuts.push({ entries: Array.from({ length: question.n }, (_, c) => [c, plan.includes(c) ? 1 : -1]), low: -FREE, high: plan.length - 1 });
    }
  }

  plan({ x }) { return x.flatMap((one, c) => (c < this.question.n && one > 0.5 ? [c] : [])); }

  // What the relaxation is surest of stays as it is there; the rest is searched (Balas and Zemel 1980).
  core(program, { x, reduced }) {
    const order = Array.from({ length: program.n }, (_, c) => c).sort((a, b) => Math.abs(reduced[a]) - Math.abs(reduced[b]));
    const least = [...program.least], most = [...program.most];
    for (const c of order.slice(CORE)) if (Math.abs(x[c] - Math.round(x[c])) < 1e-7) least[c] = most[c] = Math.round(x[c]);
    return { ...program, least, most };
  }

  // What costs more than there is between the bound and a value stays as in the relaxation in every better plan.
  narrowed(program, { bound, reduced }, value) {
    const room = bound - value, least = [...program.least], most = [...program.most];
    for (let c = 0; c < program.n; c += 1) {
      if (reduced[c] < -room) most[c] = least[c];
      else if (reduced[c] > room) least[c] = most[c];
    }
    return { ...program, least, most };
  }

  // Where searches begin: the relaxation rounded, and the known plans that break least and are worth most here.
  starts(limits, forces, x) {
    const { question } = this, search = new Search(question, limits, forces);
    const ranked = this.known.map((plan) => search.led(plan)).map((plan) => [search.score(plan), plan]).sort((a, b) => b[0] - a[0]);
    const rounded = [...question.groups.values()].flatMap((all) => all.filter((i) => x[i] > 0.5));
    return [...ranked.slice(0, 2).map(([, plan]) => plan), search.led(rounded)];
  }

  // A set of rules and choices that cannot hold together, none of which can be left out of it.
  conflict(limits, forces, whole) {
    const { question } = this, without = new Set(), fails = (off) => this.run(question.program(limits, forces, off), { whole, seconds: 2 }).status === "none";
    const names = [...new Set(question.data.rows.map((row) => row.rule)), ...forces.map((f) => `${f.project} ${f.way}`)];
    for (const name of names) if (fails(new Set([...without, name]))) without.add(name);
    return names.filter((name) => !without.has(name));
  }
}

// Exchanges around a plan: one project, or two at a time, to what is best for each, until none helps.
class Search {
  constructor(question, limits, forces) {
    Object.assign(this, { question, limits, forces });
    const { data } = question, all = [...data.options, ...data.products];
    this.value = all.map((one) => one.value);
    this.rows = all.map(() => []);
    data.rows.forEach((row, r) => row.columns.forEach((c, k) => this.rows[c].push([r, row.coefficients[k]])));
    this.scale = data.rows.map((row) => Math.max(1e-12, ...row.coefficients.map(Math.abs)));
    const led = new Map(forces.map((f) => [f.project, f]));
    this.allowed = [...question.groups].map(([project, options]) => {
      const force = led.get(project), mine = force ? question.of(project, force.level) : [];
      if (force?.way === "in") return mine;
      return [-1, ...options.filter((i) => !mine.includes(i))];
    });
    this.places = [...question.groups.values()];
    this.joint = data.products.map((p) => [new Set(p.first), new Set(p.second)]);
  }

  // A plan as one choice a project, those forced as they are forced.
  choices(plan) {
    return this.places.map((options, p) => {
      const now = options.find((i) => plan.includes(i)) ?? -1;
      return this.allowed[p].includes(now) ? now : this.allowed[p][0];
    });
  }
  led(plan) { return this.choices(plan).filter((i) => i >= 0); }
  score(plan) { return this.worth(this.choices(plan)); }

  // The value, less much for every limit that is broken.
  worth(choice) {
    const { limits, question } = this, used = new Float64Array(limits.rows.length), extra = new Float64Array(limits.rows.length);
    let value = 0;
    const add = (c) => { value += this.value[c]; for (const [r, x] of this.rows[c]) used[r] += x; };
    for (const c of choice) if (c >= 0) add(c);
    if (this.joint.length) this.joint.forEach(([a, b], k) => { if (choice.some((c) => a.has(c)) && choice.some((c) => b.has(c))) add(question.n + k); });
    for (const { from, to, limit } of limits.carries) extra[to] = limits.rows[from].high === null ? limit : Math.min(limit, Math.max(0, limits.rows[from].high + extra[from] - used[from]));
    for (let r = 0; r < used.length; r += 1) {
      const { low, high } = limits.rows[r];
      const over = Math.max(high === null ? 0 : used[r] - high - extra[r], low === null ? 0 : low - used[r]) / this.scale[r];
      if (over > 1e-9) value -= question.price.has(r) ? question.price.get(r) * over * this.scale[r] : question.size * (10 + 30 * over);
    }
    return value;
  }

  improve(plan, until = performance.now() + 60) {
    let choice = this.choices(plan), now = this.worth(choice);
    for (;;) {
      let best = now, move = null;
      const try_ = (changed) => { const value = this.worth(changed); if (value > best + 1e-9) { best = value; move = changed; } };
      const moves = this.allowed.flatMap((options, p) => options.filter((i) => i !== choice[p]).map((i) => [p, i]));
      for (const [p, i] of moves) { const one = [...choice]; one[p] = i; try_(one); }
      if (!move) for (let a = 0; a < moves.length && performance.now() < until; a += 1) for (let b = 0; b < a; b += 1) {
        const [p, i] = moves[a], [q, j] = moves[b];
        if (p === q || (choice[p] < 0) === (choice[q] < 0)) continue;
        const one = [...choice]; one[p] = i; one[q] = j; try_(one);
      }
      if (!move) return choice.filter((i) => i >= 0);
      choice = move; now = best;
    }
  }
}
