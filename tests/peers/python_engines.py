#!/usr/bin/env python3
"""nntop beside OpenVINO and LiteRT driven from Python, and beside OpenVINO's benchmark_app: same library, model, threads
and input.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install openvino==2026.4.1 ai-edge-litert==2.3.0
    /tmp/peers/bin/python tests/peers/python_engines.py [--starts 3] [--pairs 8] [--seconds 0.3] [--no-app] MODEL ...

.onnx and .xml run on OpenVINO (in f32 and in whatever it chooses itself), .tflite on LiteRT and on OpenVINO. Both sides stay
loaded and take short turns in the order A B B A, as in python_onnxruntime.py, whose agent this uses; the library is the very
one that Python has imported. benchmark_app cannot take turns: it runs as a whole between two runs of `nntop bench`, with
`-api sync -hint none -nstreams 1`, the same threads and the same precision.

Prints both medians and the median over the starts of the ratio of their medians, with its 95 % interval. Ends with 1 when a
ratio is more than 3 % from 1.
"""

import argparse
import glob
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
from agent import NNTOP, Nntop

LIMIT = 0.03
SETTLE_SECONDS, SETTLE_RUNS = 0.05, 5


def package(name):
    return list(importlib.util.find_spec(name).submodule_search_locations)[0]


def library(engine):
    if engine == "openvino":
        return glob.glob(os.path.join(package("openvino"), "libs", "libopenvino_c.so*"))[0]
    return os.path.join(package("ai_edge_litert"), "libLiteRt.so")


class OpenVino:
    """A request whose inputs are filled once, and a loop around it."""

    def __init__(self, model, precision, threads, feeds_file=None):
        import openvino

        core = openvino.Core()
        net = core.read_model(model)
        net.reshape({i.any_name: shape([d.get_length() if d.is_static else -1 for d in i.partial_shape]) for i in net.inputs})
        config = {"INFERENCE_NUM_THREADS": threads}
        if precision:
            config["INFERENCE_PRECISION_HINT"] = precision
        self.compiled = core.compile_model(net, "CPU", config)
        self.request = self.compiled.create_infer_request()
        self.specs = {i.any_name: (tuple(i.shape), i.element_type.to_dtype()) for i in self.compiled.inputs}
        if feeds_file:
            for name, array in numpy.load(feeds_file).items():
                self.request.get_tensor(name).data[:] = array
        self.call = self.request.infer


class LiteRt:
    """LiteRT's compiled model with its buffers, and a loop around it."""

    def __init__(self, model, precision, threads, feeds_file=None):
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.cpu_options import CpuOptions
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator
        from ai_edge_litert.options import Options

        options = Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=CpuOptions(num_threads=threads))
        self.model = CompiledModel.from_file(model, options=options)
        self.inputs, self.outputs = self.model.create_input_buffers(0), self.model.create_output_buffers(0)
        if feeds_file:
            for buffer, array in zip(self.inputs, numpy.load(feeds_file).values()):
                buffer.write(numpy.ascontiguousarray(array))
        self.call = lambda: self.model.run_by_index(0, self.inputs, self.outputs)


def turn(call, seconds):
    """Latencies in nanoseconds of one turn."""
    latencies, total, runs, begin = [], 0, 0, time.perf_counter()
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


def shape(dims):
    """A free axis is 1."""
    return [n if n > 0 else 1 for n in dims]


def serve(engine, model, precision, threads, feeds_file):
    made = (OpenVino if engine == "openvino" else LiteRt)(model, precision, threads, feeds_file)
    for line in sys.stdin:
        print(json.dumps(turn(made.call, float(line))), flush=True)


class Peer:
    def __init__(self, engine, model, precision, threads, feeds_file):
        words = ["--serve", engine, model, precision or "", str(threads), feeds_file]
        self.process = subprocess.Popen(
            [sys.executable, __file__, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.turn(0.5)

    def turn(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def feeds(engine, model, path):
    """Seeded inputs, in a file that both read."""
    values = numpy.random.default_rng(0)

    def array(dims, dtype):
        if numpy.issubdtype(dtype, numpy.integer):
            return values.integers(0, 2, dims).astype(dtype)
        return values.random(dims).astype(dtype)

    if engine == "openvino":
        specs = OpenVino(model, None, 1).specs
    else:
        from ai_edge_litert.interpreter import Interpreter

        details = Interpreter(model_path=model).get_input_details()
        specs = {d["name"]: (tuple(d["shape"]), numpy.dtype(d["dtype"])) for d in details}
    numpy.savez(path, **{name: array(dims, dtype) for name, (dims, dtype) in specs.items()})


def interval(starts, draws=2_000):
    draw = __import__("random").Random(0)

    def once():
        chosen = draw.choices(starts, k=len(starts))
        return statistics.median(statistics.median(draw.choices(ratios, k=len(ratios))) for ratios in chosen)

    medians = sorted(once() for _ in range(draws))
    return medians[int(draws * 0.025)], medians[int(draws * 0.975)]


def compare(engine, model, precision, args):
    ours, theirs, starts = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "feeds.npz")
        feeds(engine, model, path)
        for _ in range(args.starts):
            settings = {"precision": precision} if precision else {}
            us = Nntop(engine, library(engine), model, path, args.threads, steady=False, **settings)
            sides = us, Peer(engine, model, precision, args.threads, path)
            ratios = []
            for i in range(args.pairs):
                turns = {}
                for who in sides if i % 2 == 0 else sides[::-1]:
                    turns[who] = who.turn(args.seconds)
                ours += turns[sides[0]]
                theirs += turns[sides[1]]
                ratios.append(statistics.median(turns[sides[0]]) / statistics.median(turns[sides[1]]))
            for side in sides:
                side.end()
            starts.append(ratios)
    return statistics.median(ours), statistics.median(theirs), starts


def benchmark_app(model, precision, args):
    """Median in nanoseconds of one run of OpenVINO's own tool."""
    app = os.path.join(os.path.dirname(sys.executable), "benchmark_app")
    words = ["-m", model, "-d", "CPU", "-api", "sync", "-hint", "none", "-nstreams", "1", "-nthreads", str(args.threads), "-t", "3"]
    words += ["-infer_precision", precision] if precision else []
    said = subprocess.run([app, *words], capture_output=True, text=True).stdout
    return float(re.search(r"Median:\s+([\d.]+) ms", said).group(1)) * 1e6


def nntop_bench(model, precision, args):
    words = ["bench", model, "--engine", "openvino", "--engine-path", library("openvino"), "-t", "3s", "--no-profile"]
    words += ["--num-streams", "1", "--threads", str(args.threads), "--format", "json", "-q"]
    words += ["--precision", precision] if precision else []
    said = subprocess.run([NNTOP, *words], capture_output=True, text=True, check=True).stdout
    return json.loads(said)["variants"][0]["latency_ns"]["p50"]


def row(name, what, ours, theirs, starts):
    ratio, (low, high) = statistics.median(statistics.median(r) for r in starts), interval(starts)
    print(f"{name:<30} {what:<22} {ours / 1e3:>11.1f} µs {theirs / 1e3:>11.1f} µs {ratio:>8.4f}   {low:.4f} to {high:.4f}", flush=True)
    return abs(ratio - 1) > LIMIT


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-app", action="store_true", help="without benchmark_app")
    parser.add_argument("--serve", nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        engine, model, precision, threads, feeds_file = args.serve
        return serve(engine, model, precision or None, int(threads), feeds_file)
    print(f"{'model':<30} {'peer':<22} {'nntop p50':>14} {'peer p50':>14} {'ratio':>8}   95 %")
    far = False
    for model in args.models:
        name = os.path.basename(model)
        name = os.path.basename(os.path.dirname(model)) if name == "model.onnx" else name
        runs = [("openvino", "f32"), ("openvino", None)] + ([("litert", None)] if model.endswith(".tflite") else [])
        for engine, precision in runs:
            what = f"{engine} {precision or ('own' if engine == 'openvino' else '')}"
            far |= row(name, f"python {what}", *compare(engine, model, precision, args))
        # Its free axes need a shape of its own option.
        if not args.no_app and model.endswith((".onnx", ".xml")):
            apps, ours = [], [nntop_bench(model, "f32", args)]
            for _ in range(args.starts):
                apps.append(benchmark_app(model, "f32", args))
                ours.append(nntop_bench(model, "f32", args))
            # Each run of the tool stands between two of ours.
            ratios = [(ours[i] + ours[i + 1]) / 2 / apps[i] for i in range(len(apps))]
            far |= row(name, "benchmark_app f32", statistics.median(ours), statistics.median(apps), [ratios])
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
