#!/usr/bin/env python3
"""nntop's reading of a PyTorch trace beside sums over the JSON that know nothing of nntop.

    cargo build
    tests/peers/kineto_sums.py [--nntop target/debug/nntop] [--random 40] [TRACE.json[.gz] ...]

Adds up, by plain means: the wall time and number of the steps, the time of each operator without what it encloses, each device's
kernels and copies, and when other threads worked during the steps. Traces are the files that are named, and random ones with
several threads, devices and waits. Ends with 1 where a figure differs by more than rounding.
"""

import argparse
import collections
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile

WORK = {"kernel", "gpu_memcpy", "gpu_memset"}
WAITS = {"cuda_sync", "cuda_profiler_range"}
HOST = {"cpu_op", "user_annotation", "python_function", "cuda_runtime", "cuda_driver"}


def ns(micros):
    return round(float(micros) * 1000)


def union(intervals):
    """Moments in at least one of them."""
    total, to = 0, None
    for begin, end in sorted(intervals):
        if to is None or begin > to:
            total, to = total + end - begin, end
        elif end > to:
            total, to = total + end - to, end
    return total


def clipped(intervals, windows):
    return [(max(a, c), min(b, d)) for a, b in intervals for c, d in windows if max(a, c) < min(b, d)]


def sums(trace):
    """What the trace says, by sums."""
    events = trace["traceEvents"] if isinstance(trace, dict) else trace
    events = [e for e in events if e.get("ph") == "X" and "dur" in e]
    steps = [e for e in events if e["name"].startswith("ProfilerStep") and e.get("cat") == "user_annotation"]
    own = {(str(e["pid"]), str(e["tid"])) for e in steps}
    windows = [(ns(e["ts"]), ns(e["ts"]) + ns(e["dur"])) for e in steps]
    inside = lambda e: any(a <= ns(e["ts"]) < b for a, b in windows)
    operators, threads = collections.Counter(), collections.defaultdict(list)
    by_thread = collections.defaultdict(list)
    for e in events:
        if e.get("cat") in HOST and e not in steps:
            by_thread[(str(e["pid"]), str(e["tid"]))].append(e)
    launched = set()
    for key, of in by_thread.items():
        if key not in own:
            threads[key[1]] = clipped([(ns(e["ts"]), ns(e["ts"]) + ns(e["dur"])) for e in of], windows)
            launched |= {e["args"]["correlation"] for e in of if "correlation" in e.get("args", {})
                         and clipped([(ns(e["ts"]), ns(e["ts"]) + ns(e["dur"]))], windows)}
            continue
        of = [e for e in of if inside(e)]
        launched |= {e["args"]["correlation"] for e in of if "correlation" in e.get("args", {})}
        for e in of:
            begin, end = ns(e["ts"]), ns(e["ts"]) + ns(e["dur"])
            held = [(ns(o["ts"]), ns(o["ts"]) + ns(o["dur"])) for o in of if o is not e
                    and begin <= ns(o["ts"]) and ns(o["ts"]) + ns(o["dur"]) <= end and ns(o["dur"]) < ns(e["dur"])]
            operators[e["name"]] += end - begin - union(held)
    devices, kernels = collections.defaultdict(list), collections.Counter()
    for e in events:
        if e.get("cat") in WORK and e.get("args", {}).get("correlation") in launched:
            devices[e["args"].get("device", 0)].append((ns(e["ts"]), ns(e["ts"]) + ns(e["dur"])))
            kernels[e["name"]] += ns(e["dur"])
    return {
        "steps": len(steps),
        "wall": sum(b - a for a, b in windows),
        "operators": +operators,
        "threads": {t: union(i) for t, i in threads.items() if union(i)},
        "devices": {str(d): union(i) for d, i in devices.items()},
        "kernels": kernels,
    }


def told(nntop, path):
    """The same by nntop."""
    out = subprocess.run([nntop, "profile", "--import", path, "--format", "json"], capture_output=True, text=True, check=True)
    profile = json.loads(out.stdout)["profiles"][0]["profile"]
    operators, kernels = collections.Counter(), collections.Counter()
    for row in profile["rows"]:
        if row.get("kind") in ("kernel", "copy"):
            kernels[row["name"]] += row["self_time"]
        elif "thread" not in row and row.get("kind") != "wait" and row["name"] != "ProfilerStep":
            operators[row["name"]] += row["self_time"]
    tracks = profile.get("beside", [])
    return {
        "steps": profile["inferences"],
        "wall": profile["wall"],
        "operators": +operators,
        "threads": {t["name"].split()[1]: t["busy"] for t in tracks if not t.get("is_device")},
        "devices": {t["name"].split(":")[1]: t["busy"] for t in tracks if t.get("is_device")},
        "kernels": kernels,
    }


def invented(seed):
    """A trace of some steps: nested operators, other threads, kernels on two devices, waits, ranges."""
    of = random.Random(seed)
    events, correlation = [], 0

    def add(category, name, pid, tid, ts, dur, **args):
        events.append({"ph": "X", "cat": category, "name": name, "pid": pid, "tid": tid, "ts": round(ts / 1000, 3), "dur": dur / 1000, "args": args})

    def nest(tid, begin, end, depth):
        """Operators in [begin, end), apart from each other."""
        nonlocal correlation
        at = begin
        while at < end - 2_000 and of.random() < 0.8:
            at += of.randrange(1, 1_000)
            dur = of.randrange(1, max(2, (end - at) // 2))
            if at + dur > end:
                return
            if of.random() < 0.3:
                correlation += 1
                add("cuda_runtime", "cudaLaunchKernel", 1, tid, at, dur, correlation=correlation)
                device, late = of.randrange(2), of.randrange(0, 5_000)
                category = of.choice(sorted(WORK))
                add(category, f"{category}_{of.randrange(3)}", device, 7, at + late, of.randrange(1, 9_000), correlation=correlation, device=device)
                if of.random() < 0.5:
                    add("cuda_sync", "Context Sync", device, -1, at, dur, correlation=correlation, device=device)
            else:
                add("cpu_op", f"aten::op{of.randrange(5)}", 1, tid, at, dur)
                if depth < 4:
                    nest(tid, at + 1, at + dur - 1, depth + 1)
            at += dur

    # Microseconds since the start of a machine: later ones have fewer digits for nanoseconds than a float holds.
    now = 7_376_383_457_086_000
    for n in range(of.randrange(1, 5)):
        length = of.randrange(20_000, 200_000)
        add("user_annotation", f"ProfilerStep#{n}", 1, 1, now, length)
        add("gpu_user_annotation", f"ProfilerStep#{n}", 0, 7, now, length)
        add("cuda_profiler_range", "range", 0, -1, now, length)
        nest(1, now + 1, now + length - 1, 0)
        for tid in range(2, 2 + of.randrange(3)):
            nest(tid, now - of.randrange(5_000), now + length + of.randrange(50_000), 0)
        now += length + of.randrange(60_000, 90_000)
    of.shuffle(events)
    return {"schemaVersion": 1, "deviceProperties": [], "traceEvents": events}


def compare(nntop, path, trace):
    peer, ours = sums(trace), told(nntop, path)
    wrong = []
    for what in peer:
        a, b = peer[what], ours[what]
        if not isinstance(a, dict):
            a, b = {"": a}, {"": b}
        for key in sorted(set(a) | set(b)):
            # Kineto cuts begins and ends to nanoseconds apart from each other.
            if abs(a.get(key, 0) - b.get(key, 0)) > max(8, a.get(key, 0) * 1e-3):
                wrong.append(f"{what} {key}: {a.get(key, 0)} by sums, {b.get(key, 0)} by nntop")
    return wrong, peer


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--nntop", default="target/debug/nntop")
    options.add_argument("--random", type=int, default=40)
    options.add_argument("traces", nargs="*")
    options = options.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        todo = [(path, None) for path in options.traces] + [(f"random {n}", n) for n in range(options.random)]
        for name, seed in todo:
            if seed is None:
                with (gzip.open if name.endswith(".gz") else open)(name, "rt") as file:
                    path, trace = name, json.load(file)
            else:
                path, trace = os.path.join(folder, "trace.json"), invented(seed)
                with open(path, "w") as file:
                    json.dump(trace, file)
            wrong, peer = compare(options.nntop, path, trace)
            failed += bool(wrong)
            print(f"{'DIFFERS' if wrong else 'same   '}  {name}: {peer['steps']} steps, {peer['wall'] / 1e6:.3f} ms, "
                  f"{len(peer['operators'])} operators, {len(peer['threads'])} other threads, {len(peer['devices'])} devices")
            for line in wrong[:10]:
                print(f"         {line}")
    print(f"{len(todo) - failed} of {len(todo)} traces are the same")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
