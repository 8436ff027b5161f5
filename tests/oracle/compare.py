"""Compare what pmo_kit answers with the enumeration, one question at a time; what disagrees is listed."""

import math

import numpy as np

import pmo_kit as pmo
from pmo_kit.arbitration import limits_worth, override_ledger
from tests.oracle.plans import Plans, Register

CLOSE = 1e-6
BUDGETS = (0.6, 0.8, 1.0, 1.2)


def same(a, b, close=CLOSE):
    """Equal numbers; None and NaN both say that there is no plan."""
    a, b = (math.nan if x is None else float(x) for x in (a, b))
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= close * max(1.0, abs(b))


class Tally:
    """Collects answers that disagree."""

    def __init__(self):
        self.asked, self.wrong = 0, []

    def agree(self, kind, ok, words):
        self.asked += 1
        if not ok:
            self.wrong.append(f"{kind}: {words}")

    def number(self, kind, what, theirs, ours, close=CLOSE):
        self.agree(kind, same(theirs, ours, close), f"{what} is {ours}, pmo_kit says {theirs}")


def compare(folder, tally, deferral=0):
    """Every answer about one register."""
    try:
        register = pmo.load_register(folder)
        pmo.Question(register, deferral=deferral)
    except pmo.DataError:
        return  # a year or a role has no limit and the register asks to refuse that
    plain = Register(folder)
    appraisal(register, plain, tally)
    for value in ("npsv", "npv"):
        plans = Plans(plain, value, deferral)
        asked = pmo.Question(register, value=value, deferral=deferral, **LIKELY)
        allocation = plan(asked, plans, value, tally)
    if allocation is None or deferral:
        return
    for check in (prices, ledger, frontier, worth, spend):
        check(asked, allocation, plans, tally)


LIKELY = {"basis": "likely"} if "basis" in pmo.Question.__dataclass_fields__ else {}


def appraisal(register, plain, tally):
    for (project, level), row in pmo.appraise(register).table.iterrows():
        for name, amount in plain.appraise(project, level).items():
            tally.number("appraisal", f"{name} of {project} {level}", row[name], amount, 1e-9)


def plan(question, plans, value, tally):
    """Status, value and next best of the best plan; a conflict where there is no plan."""
    ok, values = plans.holds(), plans.value()
    try:
        allocation = pmo.arbitrate(question)
    except pmo.InfeasibleError as error:
        tally.agree(
            "arbitrate",
            not ok.any(),
            f"{value}: said to have no plan, is worth {values[ok].max() if ok.any() else 0}",
        )
        if value == "npv" and not question.deferral:
            conflict(list(error.conflict), plans, tally)
        return None
    if not ok.any():
        tally.agree("arbitrate", False, f"{value}: no plan obeys the rules, pmo_kit gives {dict(allocation.plan)}")
        return None
    best = np.sort(values[ok])[::-1]
    tally.number("arbitrate", f"{value}: value", allocation.value, best[0])
    if len(best) > 1 and allocation.next_best_value is not None and not question.deferral:
        tally.number("arbitrate", f"{value}: next best", allocation.next_best_value, best[1])
    return allocation


def conflict(names, plans, tally):
    """Rules said to be in conflict cannot hold together, and can as soon as one is set aside."""
    unknown = [n for n in names if n not in plans.names]
    if unknown:
        return tally.agree("conflict", False, f"rules that do not exist: {unknown}")
    tally.agree("conflict", not plans.possible(names), f"{names} can hold together")
    spare = [n for n in names if not plans.possible([m for m in names if m != n])]
    tally.agree(
        "conflict",
        not spare or plans.possible(names),
        f"{names} has rules too many: without {spare} it is still one",
    )
    return None


def prices(question, allocation, plans, tally):
    """Price of every project in or out, at every level."""
    best = plans.best()
    for (project, level), row in pmo.explain(allocation).table.iterrows():
        column = plans.options.index((project, level, 0))
        if row["flip"] == "in":
            among = plans.x[:, column]
        else:
            among = ~plans.x[:, column] if level == "stop" else ~plans.has(project)
        flipped = plans.best(among=among)
        price = None if flipped is None else best - flipped
        theirs = None if row["proof"] == "impossible" else row["price"]
        tally.number("prices", f"price of {project} {level} {row['flip']}", theirs, price)


def ledger(question, allocation, plans, tally):
    """Cost of each override alone, last, and of all together."""
    names = [n for n in plans.names if n.startswith("override ")]
    if not names:
        return
    answer = override_ledger(question)
    free, all_in = plans.best(off=names), plans.best()

    def less(a, b):
        return None if a is None or b is None else a - b

    tally.number("ledger", "joint cost", answer.joint, less(free, all_in))
    for name in names:
        found = [n for n in answer.table.index if sorted(n.split()) == sorted(name.split())]
        if not found:
            tally.agree("ledger", False, f"{name} is not in the ledger")
            continue
        row = answer.table.loc[found[0]]
        tally.number(
            "ledger",
            f"{name} alone",
            row["alone"],
            less(free, plans.best(off=[n for n in names if n != name])),
        )
        tally.number("ledger", f"{name} last", row["last_in"], less(plans.best(off=[name]), all_in))


def frontier(question, allocation, plans, tally):
    table = pmo.frontier(question, budgets=BUDGETS).table
    for factor, (_, row) in zip(BUDGETS, table.iterrows(), strict=True):
        theirs = None if row["status"] == "infeasible" else row["value"]
        tally.number("frontier", f"value at {factor:g} of the budget", theirs, plans.best(budget=factor))


def worth(question, allocation, plans, tally):
    """One more, one fewer, unlimited; and the least increase that helps, where no rule is a share of the envelopes."""
    table, best = limits_worth(allocation), plans.best()
    envelopes = {f"envelope {e} {r[0]}": r[1] for e, rows in plans.envelopes.items() for r in rows}
    amounts = envelopes | {name: most for name, (_, most) in plans.capacity.items()}
    moving = any(
        isinstance(b, tuple) for ps in [*plans.hard.values(), *(s[2] for s in plans.soft)] for p in ps for b in p[1:]
    )
    for name, row in table.iterrows():
        if name == "all money":
            tally.number(
                "limits_worth",
                "value with money unlimited",
                row["unlimited_value"],
                plans.best(off=envelopes),
            )
        if name not in amounts:
            continue
        step = row["step"]
        up, down = plans.best(extra={name: step}), plans.best(extra={name: -min(step, amounts[name])})
        free = plans.best(off=[name])
        tally.number("limits_worth", f"{name}: gain of one more", row["one_more"], up - best)
        tally.number(
            "limits_worth",
            f"{name}: change with one fewer",
            row["one_fewer"],
            None if down is None else down - best,
        )
        tally.number("limits_worth", f"{name}: value without it", row["unlimited_value"], free)
        if moving:
            continue
        need, values = least_increase(plans, name), plans.value()
        better = np.isfinite(need) & (values > best + 1e-7)
        tally.number(
            "limits_worth",
            f"{name}: least increase that helps",
            row["more"],
            need[better].min() if better.any() else None,
            2e-3,
        )
        if better.any() and not math.isnan(row["more"]):
            there = np.isfinite(need) & (need <= row["more"] + 1e-6)
            tally.number("limits_worth", f"{name}: value after it", row["more_value"], values[there].max())
            enough = need[np.isfinite(need) & (values >= free - 1e-7)].min()
            tally.number("limits_worth", f"{name}: increase that is enough", row["enough"], enough, 2e-3)


def least_increase(plans, name, most=500.0):
    """Per plan, the least increase of one limit with which it obeys every rule; infinite where none helps."""
    low, high = np.zeros(len(plans.x)), np.full(len(plans.x), most)
    never = ~plans.holds(extra={name: most})
    for _ in range(45):
        middle = (low + high) / 2
        ok = plans.holds(extra={name: middle})
        high, low = np.where(ok, middle, high), np.where(ok, low, middle)
    high[plans.holds()] = 0.0
    high[never] = np.inf
    return high


def spend(question, allocation, plans, tally):
    """What the plan spends in a year is one number: the table of spending and the use of an envelope of all money."""
    use = allocation.use.set_index("rule")["used"]
    total = allocation.spend.sum(axis=0)
    for name, rows in plans.envelopes.items():
        for year, _, _, _, scope in rows:
            rule = f"envelope {name} {year}"
            if scope == "all" and rule in use.index:
                tally.number("spend", f"spend of {year}", total.get(year, 0.0), float(use[rule]))
