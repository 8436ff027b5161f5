"""Exhibits: what a committee looks at, as data, and one look for every medium."""

from pmo_kit.exhibits.display import show
from pmo_kit.exhibits.records import (
    Chart,
    Exhibit,
    Field,
    Kpi,
    Message,
    Reference,
    Table,
)
