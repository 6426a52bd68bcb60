"""Business time by the package `businesstimedelta`, one case a line."""

import datetime
import json
import sys

import businesstimedelta as btd
import pytz

RULES = {}


def rules_of(case):
    key = json.dumps([case["zone"], case["open"], case["close"], case["lunch"], case["days"], case["closed"]])
    if key not in RULES:
        zone = pytz.timezone(case["zone"])
        time = datetime.time.fromisoformat
        day = lambda date: datetime.date.fromisoformat(date)
        rules = [
            btd.WorkDayRule(
                start_time=time(case["open"]),
                end_time=time(case["close"]),
                working_days=case["days"],
                tz=zone,
            )
        ]
        if case["lunch"]:
            begins, ends = case["lunch"]
            rules.append(
                btd.LunchTimeRule(start_time=time(begins), end_time=time(ends), working_days=case["days"], tz=zone)
            )
        if case["closed"]:
            rules.append(btd.HolidayRule({day(date): "closed" for date in case["closed"]}, tz=zone))
        RULES[key] = btd.Rules(rules)
    return RULES[key]


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, tz=pytz.utc)


for line in sys.stdin:
    case = json.loads(line)
    rules = rules_of(case)
    due = instant(case["start"]) + btd.BusinessTimeDelta(rules, seconds=case["need"])
    worked = rules.difference(instant(case["start"]), instant(case["end"])).timedelta
    print(json.dumps({"due": int(due.timestamp()), "between": int(worked.total_seconds())}))
