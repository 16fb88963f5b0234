# SPDX-License-Identifier: MIT
"""Tables for people: two programs side by side, and what was measured beside what was promised."""

import statistics
from dataclasses import dataclass

MIB = 1 << 20


@dataclass
class Sample:
    """One run: wall and CPU seconds, bytes and requests on the wire, peak RSS in KiB."""

    seconds: float
    cpu: float
    bytes: int
    requests: int
    rss: int


# label, member of Sample, what a unit is in it, how a number is written
UPDATE_ROWS = (
    ("wall, s", "seconds", 1, "{:.2f}"),
    ("CPU, s", "cpu", 1, "{:.2f}"),
    ("bytes, MiB", "bytes", MIB, "{:.2f}"),
    ("requests", "requests", 1, "{:.0f}"),
    ("peak RSS, MiB", "rss", 1024, "{:.1f}"),
)
CHECK_ROWS = (
    ("wall, ms", "seconds", 0.001, "{:.1f}"),
    ("bytes", "bytes", 1, "{:.0f}"),
    ("requests", "requests", 1, "{:.0f}"),
)


def median(samples, member):
    return statistics.median(getattr(sample, member) for sample in samples)


def table(title, names, samples, rows):
    """One line per row: median (min-max) of each, and ratios of the first's to the others'."""
    ratio = "ratio" if len(names) == 2 else "ratios"
    print(f"\n{title}\n{'':16}" + "".join(f"{name:>26}" for name in names) + f"{ratio:>12}")
    for label, member, unit, form in rows:
        medians = [median(samples[name], member) for name in names]
        cells = [_cell([getattr(s, member) / unit for s in samples[name]], form) for name in names]
        ratios = " ".join(_ratio(medians[0], other) for other in medians[1:])
        print(f"{label:16}" + "".join(f"{cell:>26}" for cell in cells) + f"{ratios:>12}")


def _cell(values, form):
    shown = (form.format(value) for value in (statistics.median(values), min(values), max(values)))
    return "{} ({}-{})".format(*shown)


def _ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if theirs else "-"


def judge(what, value, budget, form="{:.2f}"):
    """One line of the budget."""
    over = value - budget
    verdict = "holds" if over <= 0 else f"does not hold, by {form.format(over)}"
    print(f"  {what:46}{form.format(value):>9}  budget {form.format(budget):>9}  {verdict}")
