"""Reference answers for a register that is too large to enumerate: the rules of `plans` as one mixed integer program.

Solved by SciPy, whose columns and rows are written here anew: choices, joint effects, money carried on, breaches.
"""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from tests.oracle.plans import Model


class Program(Model):
    """The best plan of a register, also with choices that are fixed."""

    def __init__(self, register, value="npv", deferral=0, overrides=True):
        super().__init__(register, value, deferral, overrides)
        carries = [(name, k) for name, rows in self.envelopes.items() for k in range(len(rows) - 1)]
        breaches = [(price, part) for _, price, parts in self.soft for part in parts]
        self._width = self.columns + len(carries) + len(breaches)
        self._rows = []
        for options in self.of.values():
            self._add(self.row((options, 1)), -np.inf, 1)
        for k, (first, second, _) in enumerate(self.synergies, start=self.n):
            both = np.zeros(self.columns)
            both[k] = 1
            self._add(both - self.row((first, 1)), -np.inf, 0)
            self._add(both - self.row((second, 1)), -np.inf, 0)
            self._add(both - self.row((first, 1), (second, 1)), -1, np.inf)
        for parts in self.hard.values():
            for coefficients, low, high in parts:
                self._add(coefficients, self.bound(low, 1.0, {}), self.bound(high, 1.0, {}))
        for coefficients, most in self.capacity.values():
            self._add(coefficients, -np.inf, most)
        most = [0.0] * len(carries)
        for name, rows in self.envelopes.items():
            for k, (year, amount, carry, coefficients, _) in enumerate(rows):
                moved = {}
                if (name, k - 1) in carries and rows[k - 1][0] == year - 1:
                    moved[self.columns + carries.index((name, k - 1))] = -1.0
                if (name, k) in carries and rows[k + 1][0] == year + 1:
                    moved[self.columns + carries.index((name, k))] = 1.0
                    most[carries.index((name, k))] = carry
                self._add(coefficients, -np.inf, amount, moved)
        self._objective = np.zeros(self._width)
        self._objective[: self.columns] = -self.worth
        for k, (price, (coefficients, low, high)) in enumerate(breaches, start=self.columns + len(carries)):
            self._objective[k] = price
            self._add(coefficients, self.bound(low, 1.0, {}), np.inf, {k: 1.0})
            self._add(coefficients, -np.inf, self.bound(high, 1.0, {}), {k: -1.0})
        self._top = np.array([1.0] * self.columns + most + [np.inf] * len(breaches))

    def _add(self, coefficients, low, high, more=None):
        line = np.zeros(self._width)
        line[: self.columns] = coefficients
        for column, x in (more or {}).items():
            line[column] = x
        self._rows.append((line, low, high))

    def best(self, fixed=None):
        """Value and options (0 or 1) of the best plan with some options fixed; None where there is none."""
        least, most = np.zeros(self._width), self._top.copy()
        for i, x in (fixed or {}).items():
            least[i] = most[i] = x
        whole = np.arange(self._width) < self.columns
        lines, low, high = (np.array(part) for part in zip(*self._rows, strict=True))
        rows = LinearConstraint(csr_array(lines), low, high)
        found = milp(
            self._objective, integrality=whole, bounds=Bounds(least, most), constraints=rows,
            options={"mip_rel_gap": 0.0},
        )  # fmt: skip
        return None if found.x is None else (-float(found.fun), np.rint(found.x[: self.columns]))
