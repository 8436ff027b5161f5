"""Rules of content: scores, people, names, totals, formulas, unseen signs; and the rules of reading itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, Found, of_projects, rule, those
from pmo_kit.register.levels import at_largest
from pmo_kit.register.rows import AVERAGES, is_total
from pmo_kit.register.values import ODD_SIGNS, folded, one_of, shown, texts_of, where, words

_FEW_SCORES = 4
_PEOPLE = ("sponsor", "manager", "owner", "decided_by", "assessor", "evaluator")
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+")
_PERSON = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Prof|Sir|Dame)\.?\s+)?"
    r"[A-Z][a-zà-ÿ'’\-]+(?:\s+[A-Z]\.?)?\s+[A-Z][a-zA-Zà-ÿ'’\-]+"
)
_OFFICES = re.compile("|".join(words()["offices"]), re.I)
_FORMULA = re.compile(r"\s*(?:[=@]|[+\-](?=[A-Za-z_]+[(!|]|\d+[+\-*/]))")
_OF_ALL = r"(?i)\b(?:of|all|the|portfolio|projects?|costs?)\b"
_WRITTEN = ("text", "id", "category")
_NO_PEOPLE = re.compile(rf"(?i)%|{one_of('no_people')}")
_HARD = re.compile(r"[\x00-\x1f\xad]|..")
_NAMED = ("area", "goal", "stakeholder", "assessor")


def _with_scale(scores: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Scores with the ends of their scale; index kept."""
    ends = criteria.drop_duplicates("criterion").set_index("criterion")
    name, sense = scores["criterion"], ends["sense"] if "sense" in ends else ends["weight"].astype("str")
    bottom, top = (name.map(end(ends["low"], ends["high"])) for end in (np.fmin, np.fmax))
    return scores.assign(bottom=bottom, top=top, sense=name.map(sense))


@rule(18)
def score_outside_scale(evidence: Evidence) -> Iterator[Found]:
    """A score is outside the declared scale of its criterion.

    The scale is declared once, so that no project can stretch it.
    """
    for table, criteria in (("scores", "criteria"), ("partner_scores", "partner_criteria")):
        if not evidence.has(table, criteria):
            continue
        scores = _with_scale(evidence.frame(table), evidence.frame(criteria))
        outside = (scores["score"] < scores["bottom"]) | (scores["score"] > scores["top"])
        yield Found(table, "score", scores[outside])


def _places(*cells: pd.Series) -> list[list[int]]:
    """The rows of each group of equal cells, in the order of the first."""
    found: dict[tuple[object, ...], list[int]] = {}
    for row, one in enumerate(zip(*(each.fillna("").tolist() for each in cells), strict=True)):
        found.setdefault(one, []).append(row)
    return list(found.values())


@rule(19)
def scores_alike(scores: pd.DataFrame, criteria: pd.DataFrame) -> Iterator[Found]:
    """One assessor gives every project the same, or a project the best everywhere.

    Scores that say nothing: the same for all projects, or the best end of each scale for one project.
    """
    scores = _with_scale(scores, criteria)
    scores = scores[scores["score"].notna() & scores["assessor"].notna()]
    best = scores["score"] == scores["top"].where(scores["sense"] == "max", scores["bottom"])
    for _, mine in scores.assign(best=best).groupby("assessor"):
        given = [mine["score"].to_numpy()[rows] for rows in _places(mine["criterion"])]
        if all(len(set(one)) == 1 for one in given) and any(len(one) >= _FEW_SCORES for one in given):
            yield Found("scores", "assessor", mine[:1])
            continue
        good = mine["best"].to_numpy()
        top = {rows[0]: len(rows) for rows in _places(mine["project_id"], mine["level"]) if good[rows].all()}
        top = {row: n for row, n in top.items() if n >= _FEW_SCORES}
        yield Found("scores", "assessor", mine.iloc[list(top)].assign(n=list(top.values())), "best")


@rule(27)
def demand_above_supply(resources: pd.DataFrame, capacity: pd.DataFrame) -> Iterator[Found]:
    """One project alone needs more of a role than there is.

    Such a level can never be chosen: one person too many in one period is enough.
    """
    total = capacity.groupby(["role", "period"])["fte"].sum()
    pairs = pd.MultiIndex.from_frame(resources[["role", "period"]])
    demand = resources.assign(there=total.reindex(pairs).to_numpy())
    yield Found("resources", "fte", demand[demand["fte"] > demand["there"]])


@rule(26)
def days_as_fte(evidence: Evidence, resources: pd.DataFrame) -> Iterator[Found]:
    """Full-time equivalents that look like days.

    A demand of 20 or more that is over 15 times what the role usually is: days of work, entered as people.
    """
    for table in filter(evidence.has, ("resources", "capacity")):
        heads = evidence.intakes[table].headers.get("fte", "")
        for header in filter(_NO_PEOPLE.search, np.unique(np.atleast_1d(heads).astype(str)).tolist()):
            yield Found(table, "fte", None, "header", value=header, header=header)
    roles = resources.groupby("role")["fte"]
    usual, several = roles.transform("median"), roles.transform("count") >= 4
    odd = several & (resources["fte"] >= 20) & (usual > 0) & (resources["fte"] > 15 * usual)
    yield Found("resources", "fte", odd)


@rule(2)
def same_name(projects: pd.DataFrame) -> Iterator[Found]:
    """Two projects have the same name and different ids.

    One project entered twice, or two that nobody can tell apart in a pack.
    """
    first, twins = dict[str, dict[str, str]](), dict[int, str]()
    for row, one, name in projects[["project_id", "name"]].dropna().itertuples(name=None):
        same = first.setdefault(re.sub(r"[^\w]+", " ", name.casefold()).strip(), {})
        if same and one.casefold() not in same:
            twins[row] = next(iter(same.values()))
        same.setdefault(one.casefold(), one)
    yield Found("projects", "name", pd.DataFrame({"twin": twins}))


@rule(28)
def total_as_project(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """A row of totals was entered as a project.

    By its name, or because its cost is the sum of all others.
    """
    ids, names = projects["project_id"], projects["name"].str.replace(_OF_ALL, " ", regex=True)
    named = np.array([is_total(one) or is_total(name) for one, name in zip(ids, names, strict=True)], bool)
    yield Found("projects", "name", named)
    totals = of_projects(ids, at_largest(evidence.frame("costs")))
    if (totals > 0).sum() >= 5 and not named.any():
        equal = (totals > 0) & np.isclose(totals, totals.sum() - totals, rtol=1e-9)
        yield Found("projects", "project_id", equal, "sum")


@rule()
def called_as_summary(evidence: Evidence) -> Iterator[Found]:
    """An area, goal or person has the name of a total or an average.

    Its numbers are the sums of the others, or their average, highest or number: then it is none of them.
    """
    for table, intake in evidence.intakes.items():
        for name in set(intake.table.key).intersection(_NAMED):
            by = [one for one in intake.table.key if one != name]
            summaries = [one for one in evidence.counted(table, name) if is_total(one) or folded(one) in AVERAGES]
            frame = intake.frame.fillna(dict.fromkeys(by, "")) if summaries else intake.frame
            for word in summaries:
                lines = frame.set_index([name, *by]).select_dtypes("number").stack(future_stack=True).dropna()
                mine = lines.index.get_level_values(name) == word
                own, others = lines[mine].droplevel(name), lines[~mine].droplevel(name)
                ways = ["sum"] if is_total(word) else ["mean", "median", "min", "max", "count"]
                each = others.groupby(level=list(range(others.index.nlevels))).agg(ways)
                own = own[~own.index.duplicated()].reindex(each.index)
                alike = pd.DataFrame(np.isclose(each, own.to_numpy()[:, None]), each.index)
                equal = alike.groupby(level=-1).all().any(axis=None)
                yield Found(table, name, intake.frame[frame[name] == word][:1], "" if equal else "alone")


@rule()
def id_damaged(projects: pd.DataFrame) -> Iterator[Found]:
    """An id was damaged by a spreadsheet.

    Long numbers are shown as 1.21E+15: digits are lost, and different projects may have become one.
    """
    odd = projects["project_id"].str.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", na=False)
    yield Found("projects", "project_id", odd)


@rule(35)
def personal_data(evidence: Evidence) -> Iterator[Found]:
    """Names of people or mail addresses are in the register.

    One finding for each column, so that somebody decides before the register is shared.
    """
    for intake, column, _ in evidence.written(*_WRITTEN):
        count = 0
        for cell in evidence.counted(intake.table.name, column.name):
            person = column.name in _PEOPLE and _PERSON.fullmatch(cell) and not _OFFICES.search(cell)
            count += bool(person or ("@" in cell and _MAIL.search(cell)))
        if count:
            yield Found(intake.table.name, column.name, None, value=f"{count} people", count=count)


@rule(36)
def formula_in_text(evidence: Evidence) -> Iterator[Found]:
    """A text begins like a formula.

    A spreadsheet would run it; every file that pmo_kit writes makes it inert.
    """
    for intake, column, cells in evidence.written(*_WRITTEN):
        if any(map(_FORMULA.match, evidence.counted(intake.table.name, column.name))):
            yield Found(intake.table.name, column.name, where(cells, _FORMULA.match))


@rule()
def signs_unseen(evidence: Evidence) -> Iterator[Found]:
    """A cell holds control characters, or characters that nobody can see.

    No sheet shows them: they are left out of texts, so that these can be printed and compared; no number has any.
    """
    for intake, column, _ in evidence.written():
        cells = intake.raw[column.name]
        odd = [one for one in texts_of(cells) if not (one.isascii() and one.isprintable()) or "_x00" in one]
        signs = {one: found for one in odd if (found := ODD_SIGNS.findall(one.strip()))}
        codes = {
            one: " ".join(dict.fromkeys(f"U+{ord(sign[0]):04X}" for sign in found)) for one, found in signs.items()
        }
        number = column.type not in (*_WRITTEN, "value")
        hard = {one for one, found in signs.items() if number and any(map(_HARD.match, found))}
        for what, some in (("number", hard), ("", signs.keys() - hard)) if signs else ():
            rows = those(cells, {one: codes[one] for one in some})
            rows = rows.assign(one=[shown(ODD_SIGNS.sub("·", one)) for one in rows["one"]])
            yield Found(intake.table.name, column.name, rows, what)
