"""A measured thing in words, its times, and the table that shows each as a multiple of the first."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figure:
    """Times are in seconds. `base` is what the ratio is taken against: itself for a bare part."""

    name: str
    base: "Figure | None" = None
    times: list[float] = field(default_factory=list)
    note: str = ""

    def time(self, act: Callable[[], Any]) -> None:
        begin = time.perf_counter()
        act()
        self.times.append(time.perf_counter() - begin)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def ratio(self) -> float:
        return self.median / (self.base or self).median

    @property
    def late(self) -> float:
        """Nineteen of twenty were quicker."""
        return sorted(self.times)[int(len(self.times) * 0.95)]

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name, "median_ms": self.median * 1e3, "p95_ms": self.late * 1e3, "times": len(self.times),
            "ratio": self.ratio, "against": (self.base or self).name, "note": self.note,
        }  # fmt: skip


def table(title: str, figures: list[Figure]) -> str:
    width = max(len(figure.name) for figure in figures)
    lines = [title, f"  {'':{width}}  {'median ms':>10}  {'p95 ms':>10}  {'times bare':>10}"]
    for figure in figures:
        line = f"  {figure.name:{width}}  {figure.median * 1e3:10.2f}  {figure.late * 1e3:10.2f}  {figure.ratio:10.2f}"
        lines.append(f"{line}  {figure.note}".rstrip())
    return "\n".join(lines)
