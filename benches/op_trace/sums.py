"""The same sums with Python's json: per operator the calls, the time and the self time, and the wall time of all runs."""

import json
import resource
import sys
import time

with open(sys.argv[1]) as file:
    events = json.load(file)
rows = {}
wall = 0
waiting = []
for event in events:
    begins, takes = event["ts"], event["dur"]
    children = 0
    while waiting and waiting[-1][0] >= begins:
        children += waiting.pop()[1]
    name = event["name"]
    if name in ("model_loading_uri", "session_initialization"):
        continue
    row = rows.setdefault((name, event["args"].get("node_index")), [0, 0, 0, 0])
    row[0] += 1
    row[1] += takes
    row[2] += takes - children
    row[3] = max(row[3], int(event["args"].get("mem_bytes_in_use", 0)))
    if name == "model_run":
        wall += takes
    else:
        waiting.append((begins, takes))
own = sum(row[2] for row in rows.values())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(json.dumps({"seconds": time.process_time(), "peak_mb": peak, "rows": len(rows), "wall_us": wall, "own_us": own}))
