// A question as data: its limits under a case, a plan in whole numbers, and the rows that a solver takes.
// The same arithmetic as pmo_kit.arbitration.model; tests hold both against one another.
"use strict";
const ONE = 10n ** 22n; // exact numbers are whole parts of 1 / ONE
const FREE = 1e30; // no limit, for the solver

// A number as it is written, in whole parts; 14 digits count.
const parts = (x) => {
  const [digits, exponent] = x.toExponential(13).split("e"), shift = 9 + Number(exponent), whole = BigInt(digits.replace(".", ""));
  return shift >= 0 ? whole * 10n ** BigInt(shift) : whole / 10n ** BigInt(-shift);
};
const amount = (whole) => { // parts of 1 / ONE as the nearest number
  const sign = whole < 0n ? "-" : "", text = (whole < 0n ? -whole : whole).toString().padStart(23, "0");
  return Number(`${sign}${text.slice(0, -22)}.${text.slice(-22)}`);
};
const clean = (x) => Number(x.toFixed(9));

class Question {
  constructor(data) {
    this.data = data;
    this.n = data.options.length;
    this.values = [...data.options, ...data.products].map((one) => parts(one.value));
    this.entries = this.values.map(() => []);
    data.rows.forEach((row, r) => row.columns.forEach((c, k) => this.entries[c].push([r, parts(row.coefficients[k])])));
    const gcd = (a, b) => { for (; b; [a, b] = [b, a % b]); return a < 0n ? -a : a; };
    const soft = data.prices.map((one) => one.price);
    this.size = Math.max(...this.values.map((v) => Math.abs(amount(v))), ...soft) || 1;
    const grain = soft.length ? 1n : this.values.reduce(gcd, 0n) || ONE;
    this.step = amount(grain) >= 1e-8 * this.size ? amount(grain) : 0; // the least difference of two values that a solver sees
    this.gap = 0.999 * this.step || 1e-9 * this.size;
    this.groups = new Map(data.projects.map((one) => [one.id, []]));
    data.options.forEach((one, i) => this.groups.get(one.project).push(i));
    this.price = new Map(data.prices.map((one) => [one.row, one.price]));
  }

  // Options of a project, at one level (whenever it starts) or at any; a stop only when it is named.
  of(project, level) {
    return this.groups.get(project).filter((i) => {
      const one = this.data.options[i];
      return level ? one.base === level || one.level === level : !one.stop;
    });
  }

  // Limits of every row, with money and people multiplied; what may be carried over stays.
  limits(money = 1, people = {}) {
    const moved = (x) => (money === 1 ? x : Number((x * money).toPrecision(14)));
    const rows = this.data.rows.map((row) => {
      let { lower: low = null, upper: high = null } = row;
      if (row.kind === "envelope" && high !== null) high = moved(row.amount);
      if (row.role in people) high = clean(row.amount * people[row.role]);
      if (row.share_of) {
        const whole = row.share * row.share_of.reduce((sum, [x, weight]) => sum + moved(x) * weight, 0);
        if (low !== null) low = whole; else high = whole;
      }
      return { low, high };
    });
    return { rows, carries: this.data.carries };
  }

  // The columns that a plan fills: its options, and the effects of two together.
  columns(plan) {
    const chosen = new Set(plan), has = (side) => side.some((i) => chosen.has(i));
    return [...chosen, ...this.data.products.flatMap((p, k) => (has(p.first) && has(p.second) ? [this.n + k] : []))];
  }

  // A plan against every limit, in whole numbers.
  evaluate(plan, limits) {
    const used = limits.rows.map(() => 0n), extra = limits.rows.map(() => 0n), columns = this.columns(plan);
    for (const c of columns) for (const [r, x] of this.entries[c]) used[r] += x;
    const high = limits.rows.map((one) => (one.high === null ? null : parts(one.high)));
    const low = limits.rows.map((one) => (one.low === null ? null : parts(one.low)));
    for (const { from, to, limit } of limits.carries) {
      const most = parts(limit), left = high[from] === null ? most : high[from] + extra[from] - used[from];
      extra[to] = left < 0n ? 0n : left < most ? left : most;
    }
    let value = columns.reduce((sum, c) => sum + this.values[c], 0n);
    const broken = [], twice = [...this.groups.values()].some((all) => all.filter((i) => plan.includes(i)).length > 1);
    used.forEach((x, r) => {
      const above = high[r] === null ? 0n : x - high[r] - extra[r], below = low[r] === null ? 0n : low[r] - x;
      const excess = above > below ? above : below;
      if (excess <= 0n) return;
      if (this.price.has(r)) value -= (parts(this.price.get(r)) * excess) / ONE;
      else broken.push([r, excess]);
    });
    return { value, used, carried: extra, high, low, broken, sound: !broken.length && !twice };
  }

  // Whether a plan follows what is forced.
  follows(plan, forces) {
    return forces.every((f) => this.of(f.project, f.level).some((i) => plan.includes(i)) === (f.way === "in"));
  }

  // maximize value . x, with lower <= rows . x <= upper and least <= x <= most; `without`: names of rules to leave out.
  program(limits, forces = [], without = new Set()) {
    const { data, n } = this, value = data.options.map((one) => one.value);
    const rows = [...this.groups.values()].map((all) => ({ entries: all.map((i) => [i, 1]), low: -FREE, high: 1 }));
    const head = rows.length, names = rows.map(() => "");
    data.rows.forEach((row, r) => {
      const { low, high } = limits.rows[r], off = without.has(row.rule);
      rows.push({ entries: row.columns.map((c, k) => [c, row.coefficients[k]]), low: off ? -FREE : low ?? -FREE, high: off ? FREE : high ?? FREE });
    });
    const least = Array(n).fill(0), most = Array(n).fill(1);
    const column = (worth, top) => { value.push(worth); least.push(0); most.push(top); return value.length - 1; };
    for (const p of data.products) {
      const y = column(p.value, 1);
      for (const side of [p.first, p.second]) rows.push({ entries: [[y, 1], ...side.map((i) => [i, -1])], low: -FREE, high: 0 });
      const both = new Map([[y, -1]]);
      for (const i of [...p.first, ...p.second]) both.set(i, (both.get(i) ?? 0) + 1);
      rows.push({ entries: [...both], low: -FREE, high: 1 });
    }
    for (const { from, to, limit } of limits.carries) {
      const y = column(0, limit);
      rows[head + from].entries.push([y, 1]);
      rows[head + to].entries.push([y, -1]);
    }
    for (const [r, price] of this.price)
      for (const [bound, sign] of [[limits.rows[r].high, -1], [limits.rows[r].low, 1]])
        if (bound !== null) rows[head + r].entries.push([column(-price, FREE), sign]);
    for (const f of forces) {
      const mine = this.of(f.project, f.level);
      if (without.has(`${f.project} ${f.way}`)) continue;
      if (f.way === "out") for (const i of mine) most[i] = 0;
      else rows.push({ entries: mine.map((i) => [i, 1]), low: 1, high: FREE });
    }
    return { value, rows, least, most, n };
  }
}

// The same program with rows, further columns and values near 1: a solver's tolerances are absolute. Powers of two, so nothing is rounded.
function scaled({ value, rows, least, most, n }) {
  const near = (size) => (size > 0 ? 2 ** (Math.floor(Math.log2(size)) < 0 ? -Math.floor(Math.log2(size)) : Math.min(0, 9 - Math.floor(Math.log2(size)))) : 1);
  const largest = (numbers) => numbers.reduce((a, x) => Math.max(a, Math.abs(x)), 0), far = (x, by) => (Math.abs(x) >= FREE ? x : x * by);
  const factors = rows.map(({ entries }) => {
    const whole = largest(entries.filter(([c]) => c < n).map(([, x]) => x));
    return near(whole || largest(entries.map(([, x]) => x)));
  });
  const sizes = value.map(() => 0);
  rows.forEach(({ entries }, r) => { for (const [c, x] of entries) sizes[c] = Math.max(sizes[c], Math.abs(x * factors[r])); });
  const columns = sizes.map((size, c) => (c < n ? 1 : near(size))), factor = near(largest(value.map((x, c) => x * columns[c])));
  return {
    n, columns, factor, value: value.map((x, c) => x * columns[c] * factor),
    least: least.map((x, c) => far(x, 1 / columns[c])), most: most.map((x, c) => far(x, 1 / columns[c])),
    rows: rows.map(({ entries, low, high }, r) => ({
      entries: entries.map(([c, x]) => [c, x * factors[r] * columns[c]]), low: far(low, factors[r]), high: far(high, factors[r]),
    })),
  };
}
