"""Prints the holidays of the package `holidays` for each line of the input: {"country", "subdiv", "categories"}."""

import json
import sys

import holidays

for line in sys.stdin:
    asked = json.loads(line)
    extra = {key: asked[key] for key in ("subdiv", "categories") if asked.get(key)}
    found = holidays.country_holidays(asked["country"], years=range(2020, 2036), **extra)
    # A day in lieu of a New Year can be told with the year before the range, and not with it.
    days = {day.isoformat(): name for day, name in sorted(found.items()) if 2020 <= day.year <= 2035}
    print(json.dumps(days))
