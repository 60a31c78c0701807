#!/usr/bin/env python3
"""nntop beside a plain Python `onnxruntime` loop: same library, model, threads and input, interleaved.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install onnxruntime==1.31.1
    /tmp/peers/bin/python tests/peers/python_onnxruntime.py [--rounds 10] [MODEL.onnx ...]

Prints a row per model and exits with 1 when medians differ by more than 2 %. nntop loads the very library that
Python has imported, so that only the loop around it differs.
"""

import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = 0.02


def python_loop(session, feeds, seconds):
    """Latencies in nanoseconds, the first half second left out."""
    latencies = []
    begin = time.perf_counter()
    while True:
        a = time.perf_counter_ns()
        session.run(None, feeds)
        b = time.perf_counter_ns()
        if time.perf_counter() - begin > 0.5:
            latencies.append(b - a)
        if time.perf_counter() - begin > seconds + 0.5:
            return latencies


def nntop_bench(model, library, feeds_file, seconds):
    """The result that nntop prints."""
    command = [
        os.path.join(ROOT, "target", "release", "nntop"), "bench", model, "--format", "json", "--quiet",
        "--threads", "1", "--engine-path", library, "--input", feeds_file, "-t", f"{seconds}s",
    ]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def feeds_for(session):
    """Seeded inputs; a free axis is 1."""
    random = numpy.random.default_rng(0)
    shapes = {i.name: [n if isinstance(n, int) else 1 for n in i.shape] for i in session.get_inputs()}
    return {name: random.random(shape, dtype=numpy.float32) for name, shape in shapes.items()}


def compare(model, library, rounds, seconds):
    """Median of the rounds' medians, of both."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = feeds_for(session)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "feeds.npz")
        numpy.savez(path, **feeds)
        for i in range(rounds):
            # A B, then B A: whoever is second meets the same weather as often.
            for who in ("nntop", "python") if i % 2 == 0 else ("python", "nntop"):
                if who == "nntop":
                    variant = nntop_bench(model, library, path, seconds)["variants"][0]
                    ours.append(variant["latency_ns"]["p50"])
                else:
                    theirs.append(statistics.median(python_loop(session, feeds, seconds)))
    ratios = [a / b for a, b in zip(ours, theirs)]
    return statistics.median(ours), statistics.median(theirs), statistics.median(ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=[f"{ROOT}/assets/demo/digits-{p}.onnx" for p in ("fp32", "int8")])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.0)
    args = parser.parse_args()

    library = glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "libonnxruntime.so.*"))[0]
    print(f"onnxruntime {onnxruntime.__version__}, 1 thread, {args.rounds} rounds of {args.seconds:g} s each")
    print(f"{'model':<24} {'nntop p50':>12} {'Python p50':>12} {'ratio':>8}")
    far = False
    for model in args.models:
        ours, theirs, ratio = compare(model, library, args.rounds, args.seconds)
        far |= abs(ratio - 1) > LIMIT
        name = os.path.basename(model)
        print(f"{name:<24} {ours / 1e3:>9.1f} µs {theirs / 1e3:>9.1f} µs {ratio:>8.4f}")
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
