#!/usr/bin/env python3
"""nntop beside a plain Python `onnxruntime` loop: same library, model, threads and input, turn by turn.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install onnxruntime==1.31.1
    /tmp/peers/bin/python tests/peers/python_onnxruntime.py [--starts 6] [--pairs 12] [--seconds 0.3] [--batch 8] [MODEL.onnx ...]

Both stay loaded: nntop as `nntop agent --stdio`, which is what its front ends talk to, Python in a process of its own.
They take short turns in the order A B B A, so that what the machine does to one it does to the other; whoever waits is
idle or stopped, and whoever comes back settles before it counts. nntop loads the very library that Python has imported,
so that only the loop around it differs.

Both are started anew several times: where a process's memory happens to lie moves its median by some percent for as long
as it lives, so that one start of each would compare two lots. The demo's models are given eight pictures at once: around
`session.run`, Python itself takes 5 to 10 µs, and more when an inference has taken its code out of the caches; with one
picture of 1 ms that would be what is compared. `--cost` shows it, on the models given, with Python's own outputs bound
beforehand (as nntop has them) in the place of nntop.

Prints per model both medians, and the median over the starts of the ratio of their medians, with its 95 % interval by
bootstrap over the starts and the pairs of turns of each. Ends with 1 when that ratio is more than 2 % from 1.
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
from agent import ROOT, Nntop

LIMIT = 0.02
DRAWS = 2_000
# As nntop settles after a change of turn.
SETTLE_SECONDS, SETTLE_RUNS = 0.05, 5


class Python:
    """The peer: a session and a loop around it."""

    def __init__(self, model, batch, bound):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.feeds = feeds(self.session, batch)
        self.call = self.bind() if bound else lambda: self.session.run(None, self.feeds)

    def bind(self):
        """A call whose inputs and outputs were made beforehand."""
        binding, value = self.session.io_binding(), onnxruntime.OrtValue.ortvalue_from_numpy
        for name, array in self.feeds.items():
            binding.bind_ortvalue_input(name, value(array))
        for output, array in zip(self.session.get_outputs(), self.session.run(None, self.feeds)):
            binding.bind_ortvalue_output(output.name, value(array))
        return lambda: self.session.run_with_iobinding(binding)

    def turn(self, seconds):
        """Latencies in nanoseconds of one turn."""
        latencies, total, runs, begin, call = [], 0, 0, time.perf_counter(), self.call
        while True:
            a = time.perf_counter_ns()
            call()
            b = time.perf_counter_ns()
            runs += 1
            if runs > SETTLE_RUNS and time.perf_counter() - begin > SETTLE_SECONDS:
                latencies.append(b - a)
                total += b - a
            if total > seconds * 1e9 and len(latencies) >= 3:
                return latencies


def feeds(session, batch):
    """Seeded inputs; the first axis is the batch where it is free, another free axis is 1."""
    values = numpy.random.default_rng(0)

    def shape(input):
        return [n if isinstance(n, int) else batch if axis == 0 else 1 for axis, n in enumerate(input.shape)]

    return {i.name: values.random(shape(i), dtype=numpy.float32) for i in session.get_inputs()}


def serve(model, batch, bound):
    """The peer's process: a number of seconds per line is a turn, answered with its latencies."""
    python = Python(model, batch, bound)
    for line in sys.stdin:
        print(json.dumps(python.turn(float(line))), flush=True)


class Peer:
    """A process that serves turns."""

    def __init__(self, model, batch, bound=False):
        command = [sys.executable, __file__, "--serve", "bound" if bound else "plain", "--batch", str(batch), model]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.turn(1.0)

    def turn(self, seconds):
        """Latencies in nanoseconds of one turn."""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def interval(starts):
    """The middle 95 % of the medians of draws of starts, and of pairs of turns within each."""
    draw = random.Random(0)

    def once():
        chosen = draw.choices(starts, k=len(starts))
        return statistics.median(statistics.median(draw.choices(ratios, k=len(ratios))) for ratios in chosen)

    medians = sorted(once() for _ in range(DRAWS))
    return medians[int(DRAWS * 0.025)], medians[int(DRAWS * 0.975)]


def start(ours, theirs, pairs, seconds):
    """Latencies of both, and the ratio of the medians of each pair of turns."""
    latencies, ratios = {ours: [], theirs: []}, []
    for i in range(pairs):
        # A B, then B A: whoever is second meets the same weather as often.
        turns = {}
        for who in (ours, theirs) if i % 2 == 0 else (theirs, ours):
            turns[who] = who.turn(seconds)
            latencies[who] += turns[who]
        ratios.append(statistics.median(turns[ours]) / statistics.median(turns[theirs]))
    ours.end()
    theirs.end()
    return latencies[ours], latencies[theirs], ratios


def compare(model, library, args):
    """Both medians, and the ratios of each start."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    ours, theirs, starts = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "feeds.npz")
        numpy.savez(path, **feeds(session, args.batch))
        del session
        for _ in range(args.starts):
            us = Peer(model, args.batch, bound=True) if args.cost else Nntop("onnxruntime", library, model, path)
            a, b, ratios = start(us, Peer(model, args.batch), args.pairs, args.seconds)
            ours += a
            theirs += b
            starts.append(ratios)
    return statistics.median(ours), statistics.median(theirs), starts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=[f"{ROOT}/assets/demo/digits-{p}.onnx" for p in ("fp32", "int8")])
    parser.add_argument("--starts", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--cost", action="store_true", help="Python with bound outputs in the place of nntop")
    parser.add_argument("--serve", choices=("plain", "bound"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    # Ctrl-C ends this one; the agent sees the end of its orders.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if args.serve:
        return serve(args.models[0], args.batch, args.serve == "bound")

    library = glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "libonnxruntime.so.*"))[0]
    us = "Python bound" if args.cost else "nntop"
    print(f"onnxruntime {onnxruntime.__version__}, 1 thread, batch {args.batch},", end=" ")
    print(f"{args.starts} starts with {args.pairs} pairs of turns of {args.seconds:g} s each")
    print(f"{'model':<24} {us + ' p50':>16} {'Python p50':>12} {'ratio':>8}   95 %")
    far = False
    for model in args.models:
        ours, theirs, starts = compare(model, library, args)
        ratio, (low, high) = statistics.median(statistics.median(ratios) for ratios in starts), interval(starts)
        far |= abs(ratio - 1) > LIMIT
        name = os.path.basename(model)
        print(f"{name:<24} {ours / 1e3:>13.1f} µs {theirs / 1e3:>9.1f} µs {ratio:>8.4f}   {low:.4f} to {high:.4f}", flush=True)
    return 1 if far and not args.cost else 0


if __name__ == "__main__":
    sys.exit(main())
