"""Small random registers with every kind of rule: envelopes of any scope with carry-over, people, commitments, levels,
links, groups, synergies, shares, counts, spend limits, soft rules, overrides and, where asked, later starts.
"""

import csv
from pathlib import Path

import numpy as np

YEARS, BENEFIT_YEARS = [2027, 2028, 2029], [2028, 2029, 2030, 2031]
COLUMNS = {
    "settings": "key value",
    "projects": "project_id name area strategic_goal project_type commitment mandatory_reason start finish "
    "latest_start benefit_end_fixed",
    "levels": "project_id level label",
    "costs": "project_id level year kind fund state amount",
    "benefits": "project_id benefit level year kind amount",
    "resources": "project_id level role period fte",
    "budgets": "envelope scope year amount price_basis carry_limit",
    "capacity": "role period fte",
    "rules": "rule kind scope measure of per minimum maximum price active",
    "links": "project_id level relation other_id other_level group quantity amount year",
    "overrides": "project_id in_out level reason decided_by date",
}


def write(folder, tables):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    for name, rows in tables.items():
        if rows:
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                out = csv.writer(file, lineterminator="\n")
                out.writerow(COLUMNS[name].split())
                out.writerows(rows)


def make(folder, seed, projects=7, deferral=False):
    """Write the register of a seed; with `deferral` projects may start later."""
    g = np.random.default_rng(seed)
    ids = [f"P{i + 1:02d}" for i in range(projects)]
    timing = g.choice(["start", "mid", "end"])
    schedule = g.choice(["none", "uk_green_book_2026", "flat_6"])
    beyond = g.choice(["unlimited", "zero", "refuse"]) if not deferral else "unlimited"
    settings = [
        ["name", f"R{seed}"], ["as_of", "2026-09-30"], ["currency", "EUR"], ["money_unit", "million"],
        ["price_basis", "real"], ["price_base_year", "2026"], ["discount_schedule", schedule], ["discount_to", "2027"],
        ["timing", timing],
        ["fiscal_year_start", "1"], ["beyond_horizon", beyond],
    ]  # fmt: skip
    commitment = ["discretionary"] * projects
    if g.random() < 0.7:
        commitment[0] = "mandatory"
    if g.random() < 0.8:
        commitment[1] = "committed"
    if g.random() < 0.3:
        commitment[2] = "committed"
    t = {name: [] for name in COLUMNS} | {"settings": settings}
    levels = {}
    for i, p in enumerate(ids):
        levels[p] = _project(g, t, p, commitment[i], deferral)
    t["costs"] = list({tuple(r[:6]): r for r in t["costs"]}.values())
    _limits(g, t, deferral)
    _rules(g, t["rules"])
    _links(g, t["links"], ids, levels)
    if g.random() < 0.5:
        for p in [str(x) for x in g.choice(ids[2:], int(g.integers(1, 3)), replace=False)]:
            side = g.choice(["in", "out"])
            level = "full" if side == "in" and "full" in levels[p] and g.random() < 0.5 else ""
            t["overrides"].append([p, side, level, "because", "Chair", "2026-09-01"])
    write(folder, t)


def _project(g, t, p, commitment, deferral):
    start = int(g.choice([2027, 2027, 2028])) if deferral else 2027
    area, goal, kind = (
        g.choice(["Aa", "Bb", "Cc"]),
        g.choice(["G1", "G2"]),
        g.choice(["run", "grow", "transform"]),
    )
    latest = (start + int(g.integers(0, 3))) if deferral else ""
    reason = "law" if commitment == "mandatory" else ""
    t["projects"].append(
        [
            p,
            f"Name {p}",
            area,
            goal,
            kind,
            commitment,
            reason,
            f"{start}-01-01",
            "2029-12-31",
            latest,
            g.choice(["yes", "no"]),
        ]
    )
    found = ["full"] + (["reduced"] if g.random() < (0.4 if commitment == "committed" else 0.5) else [])
    if commitment == "committed":
        found += ["stop"] if g.random() < 0.85 else []
    if found == ["full"] and g.random() < 0.6:
        found = [""]
    else:
        t["levels"] += [[p, level, f"{level} of {p}"] for level in found]
    size = g.integers(1, 13)
    for level in found:
        f = 1.0 if level in ("", "full") else 0.55

        def draw(low, high, f=f):
            return round(float(size * f * g.uniform(low, high)), 1)

        if level == "stop":
            if g.random() < 0.8:
                t["costs"].append([p, level, 2027, "exit", "", "planned", round(float(g.uniform(0.2, 2)), 1)])
            continue
        for year in [y for y in YEARS if y >= start][: int(g.integers(1, 4))]:
            t["costs"].append([p, level, year, "capex", "", "planned", draw(0.3, 1.2)])
            if g.random() < 0.4:
                t["costs"].append([p, level, year, "opex", "", "planned", draw(0.05, 0.3)])
            if g.random() < 0.2:
                t["costs"].append([p, level, year, "capex", "grant", "planned", draw(0.05, 0.2)])
        if g.random() < 0.2:
            t["costs"].append([p, level, 2026, "capex", "", "actual", draw(0.05, 0.3)])
        for b in range(int(g.integers(0, 4))):
            kind = g.choice(["cash", "cash", "cash", "non_cash", "economic", "social", "disbenefit"])
            for year in BENEFIT_YEARS:
                t["benefits"].append([p, f"b{b}", level, year, kind, draw(0.1, 1.0)])
            if kind == "economic" and g.random() < 0.6:
                for year in BENEFIT_YEARS[:2]:
                    t["benefits"].append([p, f"b{b}", level, year, "cash", draw(0.1, 0.5)])
        for role in ["eng", "pm"]:
            for year in [2027, 2028]:
                if g.random() < 0.6:
                    t["resources"].append([p, level, role, year, float(g.integers(1, 6)) / 2])
    return found


def _limits(g, t, deferral):
    ask = {y: sum(r[6] for r in t["costs"] if r[2] == y and r[1] in ("", "full") and r[5] != "actual") for y in YEARS}
    tight = g.uniform(0.35, 0.9)
    years = YEARS + ([2030, 2031] if deferral else [])
    ask.update({2030: ask[2029] * 0.3, 2031: 1})

    def carry(high, otherwise):
        return round(float(g.uniform(0, high)), 1) if g.random() < 0.5 else otherwise

    t["budgets"] = [["all", "all", y, round(ask[y] * tight + 1.5, 1), "real", carry(4, "")] for y in years]
    if g.random() < 0.5:
        t["budgets"] += [
            ["capital", "kind=capex", y, round(ask[y] * tight * 0.9 + 1, 1), "real", carry(2, 0)] for y in years
        ]
    if g.random() < 0.5:
        t["budgets"] += [["a", "area=Aa", y, round(ask[y] * 0.4 + 1, 1), "real", 0] for y in years]
    if g.random() < 0.3:
        t["budgets"] += [["gr", "fund=grant", y, round(ask[y] * 0.06 + 0.3, 1), "real", 0.5] for y in years]
    for role in ["eng", "pm"]:
        for year in [2027, 2028, 2029, 2030]:
            need = sum(r[4] for r in t["resources"] if r[2] == role and r[3] == year and r[1] in ("", "full"))
            t["capacity"].append([role, year, max(1.0, round(need * g.uniform(0.5, 1.0) * 2) / 2)])


def _rules(g, rows):
    def add(kind, scope, measure, of, per, low, high, price, active="yes"):
        rows.append([f"rule {len(rows) + 1}", kind, scope, measure, of, per, low, high, price, active])

    if g.random() < 0.4:
        measure = str(g.choice(["spend", "capex", "pv_cost"]))
        per = "horizon" if measure == "pv_cost" else g.choice(["horizon", "year"])
        add(
            "share",
            "strategic_goal=G2",
            measure,
            "portfolio",
            per,
            round(float(g.uniform(0.02, 0.15)), 2),
            "",
            g.choice(["", ".5", "2"]),
        )
    if g.random() < 0.4:
        add(
            "share",
            "area=Bb",
            "spend",
            "portfolio",
            "horizon",
            "",
            round(float(g.uniform(0.3, 0.7)), 2),
            g.choice(["", "1"]),
        )
    if g.random() < 0.3:
        add(
            "share",
            "area=Cc",
            "spend",
            "envelope",
            "horizon",
            "",
            round(float(g.uniform(0.15, 0.5)), 2),
            g.choice(["", "1"]),
        )
    if g.random() < 0.4:
        add("count", "project_type=transform", "", "", "", "", int(g.integers(1, 4)), g.choice(["", "3"]))
    if g.random() < 0.4:
        add("count", "area=Aa", "", "", "", 1, "", g.choice(["", "2"]), g.choice(["yes", "yes", "no"]))
    if g.random() < 0.3:
        add(
            "spend",
            "strategic_goal=G1",
            "spend",
            "",
            "horizon",
            "",
            round(float(g.uniform(5, 25)), 1),
            g.choice(["", ".4"]),
        )
    if g.random() < 0.2:
        add(
            "spend",
            "strategic_goal=G1",
            "spend",
            "",
            "year",
            "",
            round(float(g.uniform(5, 12)), 1),
            g.choice(["", ".4"]),
        )


def _links(g, rows, ids, levels):
    used = set()

    def pair():
        while True:
            a, b = (str(x) for x in g.choice(ids, 2, replace=False))
            if (a, b) not in used and (b, a) not in used:
                used.add((a, b))
                return a, b

    def level(p):
        return "full" if "full" in levels[p] and g.random() < 0.5 else ""

    for _ in range(int(g.integers(0, 3))):
        a, b = pair()
        rows.append([a, level(a), "requires", b, level(b), "", "", "", ""])
    if g.random() < 0.5:
        a, b = pair()
        rows.append([a, "", "excludes", b, "", "", "", "", ""])
    if g.random() < 0.5:
        a, b = pair()
        rows.append([a, "", "synergy", b, "", "", "value", round(float(g.uniform(-3, 4)), 1), ""])
    if g.random() < 0.5:
        a, b = pair()
        rows.append([a, "", "synergy", b, "", "", "cost", round(float(-g.uniform(0.1, 0.8)), 1), 2027])
    if g.random() < 0.35:
        for p in [str(x) for x in g.choice(ids[2:], 3, replace=False)]:
            rows.append([p, "", "excludes", "", "", "grp", "", "", ""])
    if g.random() < 0.35:
        for p in [str(x) for x in g.choice(ids[2:], 2, replace=False)]:
            rows.append([p, "", "exactly_one", "", "", "one", "", "", ""])
