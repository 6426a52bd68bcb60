"""Business time by `pandas` (CustomBusinessHour) and numpy (busday_count), in civil time, one case a line."""

import json
import sys

import numpy as np
import pandas as pd

OFFSETS = {}


def spans_of(case):
    if case["lunch"]:
        begins, ends = case["lunch"]
        return [(case["open"], begins), (ends, case["close"])]
    return [(case["open"], case["close"])]


def mask(case):
    return "".join("1" if day in case["days"] else "0" for day in range(7))


def due(case):
    spans = spans_of(case)
    key = json.dumps([spans, case["days"], case["closed"]])
    if key not in OFFSETS:
        OFFSETS[key] = pd.offsets.CustomBusinessHour(
            start=[begins for begins, _ in spans],
            end=[ends for _, ends in spans],
            weekmask=mask(case),
            holidays=case["closed"],
        )
    return pd.Timestamp(case["start"]) + case["hours"] * OFFSETS[key]


def worked_on(day, case, until):
    """Seconds from the opening of a day until a time of it."""
    if not np.is_busday(day.date(), weekmask=mask(case), holidays=case["closed"]):
        return 0
    total = 0
    for begins, ends in spans_of(case):
        begins, ends = (day.normalize() + pd.Timedelta(f"{time}:00") for time in (begins, ends))
        total += max(0, int((min(until, ends) - begins).total_seconds()))
    return total


def between(case):
    first, last = pd.Timestamp(case["start"]), pd.Timestamp(case["end"])
    full = worked_on_full(case)
    days = np.busday_count(first.date(), last.date(), weekmask=mask(case), holidays=case["closed"])
    return int(days) * full + worked_on(last, case, last) - worked_on(first, case, first)


def worked_on_full(case):
    spans = [(pd.Timedelta(f"{begins}:00"), pd.Timedelta(f"{ends}:00")) for begins, ends in spans_of(case)]
    return int(sum((ends - begins).total_seconds() for begins, ends in spans))


for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps({"due": due(case).isoformat(), "between": between(case)}))
