"""nntop as a peer of others: its agent behind pipes, ordered to take turns."""

import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NNTOP = os.environ.get("NNTOP_BIN", os.path.join(ROOT, "target", "release", "nntop"))


class Nntop:
    """The agent behind its pipes: a line is an order, or an event."""

    def __init__(self, engine, library, model, feeds_file, threads=1, steady=True, **options):
        self.agent = subprocess.Popen([NNTOP, "agent", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.orders = 0
        options = {
            "library": library, "threads": threads, "providers": [], "graph_optimization": "all", "batch": None,
            "dims": {}, "shapes": {}, "input": feeds_file, "seed": 0, **options,
        }
        plan = {
            "variants": [{"name": "net", "model": model, "engine": engine, "options": options}],
            "stop": {"runs": None, "duration": None},
            "warmup": {"runs": 5, "duration": 500_000_000, "steady": steady},
            "may_install": False, "sample_every": 1_000_000_000, "stay": True,
        }
        self.order({"start": plan})
        self.until(lambda e: e["kind"] == "block" and e["phase"] == "measure")
        self.rest()

    def order(self, order):
        self.orders += 1
        self.agent.stdin.write((json.dumps({"id": self.orders, "order": order}) + "\n").encode())
        self.agent.stdin.flush()

    def until(self, wanted):
        """Events up to the first that is wanted."""
        events = []
        for line in self.agent.stdout:
            event = json.loads(line)
            events.append(event)
            if event["kind"] == "finished":
                raise SystemExit(f"nntop: {event['outcome']}")
            if wanted(event):
                return events
        raise SystemExit("nntop ended")

    def rest(self):
        """Ends the turn with the block in hand; the events until then."""
        self.order("pause")
        return self.until(lambda e: e["kind"] == "turn_done")

    def turn(self, seconds):
        """Latencies in nanoseconds of one turn: its measured blocks alone."""
        self.order("resume")
        events, measured = [], 0
        while measured < seconds * 1e9:
            events += self.until(lambda e: e["kind"] == "block" and e["phase"] == "measure")
            measured += events[-1]["t1"] - events[-1]["t0"]
        events += self.rest()
        latencies = []
        for event in events:
            if event["kind"] == "block" and event["phase"] == "measure":
                values = event["latency"]["values"]
                latencies += values.get("exact") or [ns for ns, n in values["sparse"] for _ in range(n)]
        return latencies

    def end(self):
        self.agent.stdin.close()
        self.agent.wait()
