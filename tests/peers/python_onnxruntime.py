#!/usr/bin/env python3
"""nntop beside a plain Python `onnxruntime` loop: same library, model, threads and input, turn by turn.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install onnxruntime==1.31.1
    /tmp/peers/bin/python tests/peers/python_onnxruntime.py [--pairs 40] [--seconds 0.3] [MODEL.onnx ...]

Both stay loaded: nntop as `nntop agent --stdio`, which is what its front ends talk to, Python in this process. They take
short turns in the order A B B A, so that what the machine does to one it does to the other; whoever waits is idle or
stopped, and whoever comes back settles before it counts. nntop loads the very library that Python has imported, so that
only the loop around it differs.

Prints per model both medians, and the median over the pairs of turns of the ratio of their medians, with its 95 %
interval by bootstrap over the pairs. Ends with 1 when that ratio is more than 2 % from 1.
"""

import argparse
import glob
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NNTOP = os.path.join(ROOT, "target", "release", "nntop")
LIMIT = 0.02
DRAWS = 2_000
# As nntop settles after a change of turn.
SETTLE_SECONDS, SETTLE_RUNS = 0.05, 5


class Python:
    """The peer: a session and a loop around it."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        # Seeded inputs; a free axis is 1.
        values = numpy.random.default_rng(0)
        shapes = {i.name: [n if isinstance(n, int) else 1 for n in i.shape] for i in self.session.get_inputs()}
        self.feeds = {name: values.random(shape, dtype=numpy.float32) for name, shape in shapes.items()}

    def turn(self, seconds):
        """Latencies in nanoseconds of one turn."""
        latencies, runs, begin = [], 0, time.perf_counter()
        while True:
            a = time.perf_counter_ns()
            self.session.run(None, self.feeds)
            b = time.perf_counter_ns()
            runs += 1
            settled = runs > SETTLE_RUNS and time.perf_counter() - begin > SETTLE_SECONDS
            if settled:
                latencies.append(b - a)
            if sum(latencies) > seconds * 1e9 and len(latencies) >= 3:
                return latencies


class Nntop:
    """The agent behind its pipes: a line is an order, or an event."""

    def __init__(self, model, library, feeds_file):
        self.agent = subprocess.Popen([NNTOP, "agent", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.orders, self.worker = 0, None
        options = {
            "library": library, "threads": 1, "providers": [], "graph_optimization": "all", "batch": None,
            "dims": {}, "shapes": {}, "input": feeds_file, "seed": 0,
        }
        plan = {
            "variants": [{"name": "net", "model": model, "engine": "onnxruntime", "options": options}],
            "stop": {"runs": None, "duration": None},
            "warmup": {"runs": 5, "duration": 500_000_000, "steady": True},
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


def interval(ratios):
    """The middle 95 % of the medians of draws of pairs."""
    draw = random.Random(0)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(DRAWS))
    return medians[int(DRAWS * 0.025)], medians[int(DRAWS * 0.975)]


def compare(model, library, pairs, seconds):
    """Both medians, and the ratio of each pair of turns."""
    python = Python(model)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "feeds.npz")
        numpy.savez(path, **python.feeds)
        nntop = Nntop(model, library, path)
        python.turn(1.0)
        ours, theirs, ratios = [], [], []
        for i in range(pairs):
            # A B, then B A: whoever is second meets the same weather as often.
            turns = {}
            for who in (nntop, python) if i % 2 == 0 else (python, nntop):
                turns[who] = who.turn(seconds)
            ours += turns[nntop]
            theirs += turns[python]
            ratios.append(statistics.median(turns[nntop]) / statistics.median(turns[python]))
        nntop.end()
    return statistics.median(ours), statistics.median(theirs), ratios


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=[f"{ROOT}/assets/demo/digits-{p}.onnx" for p in ("fp32", "int8")])
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.3)
    args = parser.parse_args()
    # Ctrl-C ends this one; the agent sees the end of its orders.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    library = glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "libonnxruntime.so.*"))[0]
    print(f"onnxruntime {onnxruntime.__version__}, 1 thread, {args.pairs} pairs of turns of {args.seconds:g} s")
    print(f"{'model':<24} {'nntop p50':>12} {'Python p50':>12} {'ratio':>8}   95 %")
    far = False
    for model in args.models:
        ours, theirs, ratios = compare(model, library, args.pairs, args.seconds)
        ratio, (low, high) = statistics.median(ratios), interval(ratios)
        far |= abs(ratio - 1) > LIMIT
        name = os.path.basename(model)
        print(f"{name:<24} {ours / 1e3:>9.1f} µs {theirs / 1e3:>9.1f} µs {ratio:>8.4f}   {low:.4f} to {high:.4f}", flush=True)
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
