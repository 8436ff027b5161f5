"""Late starts and overruns: when the money, people and benefits of a late project fall.

A late start moves everything by so many months. An overrun stretches the work to come: the work that was planned for
24 months and takes 30 is done at four fifths of the pace, and what follows the work (running costs, benefits) comes as
much later as the work ends. Within a year, and within the part of it that is worked, flows are even: 60 and 40 planned
over 24 months become 48, 36 and 16 over 30. Time gained makes up for a late start and brings nothing forward.

Work that takes longer also costs more: the part of it that is paid by time (site and project staff, plant, offices) is
paid for longer. `TIME_SHARE` is that part. AACE International (2019), Recommended Practice 57R-09, and the Society of
Construction Law's Delay and Disruption Protocol (2017) both charge time-dependent cost in proportion to duration; no
source has one share for all kinds of projects. Ours, 0.15, is the upper end of the tenth to a seventh of a contract
that preliminaries usually are: low for software, whose teams are paid by time altogether. Figures that hold optimism
bias hold this cost too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TIME_SHARE = 0.15
STEPS = 2  # lateness is counted in halves of a month


def spread(
    places: NDArray[np.int64],
    periods: int,
    work: tuple[float, float],
    start: Floats,
    overrun: Floats,
    time_share: float = 0.0,
) -> Floats:
    """Where 1 that was planned for a period falls, for every pair of a late start and an overrun.

    Parameters
    ----------
    places : ndarray of int, shape (planned,)
        The periods for which something is planned, counted from t = 0.
    periods : int
        Periods to fill; what comes later is left out.
    work : (float, float)
        When the work begins and ends, in periods. What is planned for a period in which there is work falls on the
        worked part of it; other periods only move.
    start, overrun : ndarray, shape (cases,)
        How late the work starts, and how much longer it takes, in periods; neither is below zero.
    time_share : float
        Share of the work's cost that grows with its duration.

    Returns
    -------
    ndarray, shape (cases, periods, planned)

    Examples
    --------
    >>> table = spread(np.array([0, 1]), 3, (0.0, 2.0), np.zeros(1), np.array([0.5]))
    >>> (table[0] @ [60.0, 40.0]).round(6).tolist()  # 24 months of work in 30
    [48.0, 36.0, 16.0]
    >>> table = spread(np.array([0, 1]), 3, (0.0, 2.0), np.array([0.5]), np.zeros(1))
    >>> (table[0] @ [60.0, 40.0]).tolist()  # the same work half a year late
    [30.0, 50.0, 20.0]
    """
    begin, end = work
    low, high = places.astype(float), places + 1.0
    worked = (low < end) & (high > begin)
    low, high = np.where(worked, np.maximum(low, begin), low), np.where(worked, np.minimum(high, end), high)
    factor = 1 + overrun / max(end - begin, 1e-9)
    after = (
        np.arange(periods + 1.0) - start[:, None] - begin
    )  # time since the work began, cases x ends of periods
    longer = (end - begin) * factor[:, None]
    planned = np.where(
        after > 0, np.minimum(after, longer) / factor[:, None] + np.maximum(after - longer, 0), after
    )
    done = np.clip((planned[:, :, None] + begin - low) / (high - low), 0.0, 1.0)
    grown = np.where(worked, 1 + time_share * (factor[:, None] - 1), 1.0)
    return np.asarray(np.diff(done, axis=1) * grown[:, None, :])
