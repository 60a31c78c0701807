#!/usr/bin/env python3
"""nntop beside OpenVINO and LiteRT driven from Python, and beside OpenVINO's benchmark_app: same library, model, threads
and input.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install openvino==2026.4.1 ai-edge-litert==2.3.0
    /tmp/peers/bin/python tests/peers/python_engines.py [--starts 8] [--pairs 8] [--seconds 0.3] [--batch 8] [--no-app] MODEL ...

.onnx and .xml run on OpenVINO (in f32 and in whatever it chooses itself), .tflite on LiteRT and on OpenVINO. Both sides stay
loaded and take short turns in the order A B B A, as in python_onnxruntime.py, whose agent this uses; the library is the very
one that Python has imported. Both are started anew several times, since where a process's memory happens to lie moves its
median by some percent. Free first axes are the batch, of which there are so many that Python's own call is small against it.

What Python's call costs is measured first, turn by turn like everything else, on a model of one value: the difference of
both medians. Where that is more than 1 % of an inference it is taken off Python's side, and marked `*`; what an inference has
driven out of the caches makes it cost more than that, so a larger batch is the better comparison.

benchmark_app cannot take turns: short whole runs of it and of `nntop bench` follow each other, A B B A, every run a start of
its own, with `-api sync -hint none -nstreams 1`, the same threads and the same precision; a model of shorter inferences than
0.5 ms is left out, since benchmark_app prints hundredths of a millisecond.

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
# Less of Python's call than this is left in.
SMALL = 0.01
SETTLE_SECONDS, SETTLE_RUNS = 0.05, 5


def package(name):
    return list(importlib.util.find_spec(name).submodule_search_locations)[0]


def library(engine):
    if engine == "openvino":
        return glob.glob(os.path.join(package("openvino"), "libs", "libopenvino_c.so*"))[0]
    return os.path.join(package("ai_edge_litert"), "libLiteRt.so")


class OpenVino:
    """A request whose inputs are filled once, and a loop around it."""

    def __init__(self, model, precision, threads, batch, feeds_file=None):
        import openvino

        core = openvino.Core()
        net = core.read_model(model)
        dims = {i.any_name: [d.get_length() if d.is_static else -1 for d in i.partial_shape] for i in net.inputs}
        net.reshape({name: shape(dims, batch) for name, dims in dims.items()})
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

    def __init__(self, model, precision, threads, batch, feeds_file=None):
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.cpu_options import CpuOptions
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator
        from ai_edge_litert.options import Options

        options = Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=CpuOptions(num_threads=threads))
        self.model = CompiledModel.from_file(model, options=options)
        self.specs = specs(model, batch)
        for place, (name, (dims, _)) in enumerate(self.specs.items()):
            if feeds_file and batch > 1:
                self.model.resize_input_tensor(place, list(dims))
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


def shape(dims, batch):
    """A free first axis is the batch, another free one is 1."""
    return [n if n > 0 else batch if axis == 0 else 1 for axis, n in enumerate(dims)]


def specs(model, batch):
    """Shapes and types of a .tflite file's inputs."""
    from ai_edge_litert.interpreter import Interpreter

    details = Interpreter(model_path=model).get_input_details()
    return {d["name"]: (tuple(shape(d["shape_signature"], batch)), numpy.dtype(d["dtype"])) for d in details}


def feeds(engine, model, batch, path):
    """Seeded inputs, in a file that both read."""
    values = numpy.random.default_rng(0)

    def array(dims, dtype):
        if numpy.issubdtype(dtype, numpy.integer):
            return values.integers(0, 2, dims).astype(dtype)
        return values.random(dims).astype(dtype)

    of = OpenVino(model, None, 1, batch).specs if engine == "openvino" else specs(model, batch)
    numpy.savez(path, **{name: array(dims, dtype) for name, (dims, dtype) in of.items()})


def one_value(engine, folder):
    """A model whose inference is next to nothing, so that what remains of a call is the call."""
    if engine == "openvino":
        import openvino
        from openvino import opset13

        given = opset13.parameter([1], numpy.float32, name="given")
        given.output(0).set_names({"given"})
        path = os.path.join(folder, "one.xml")
        openvino.save_model(openvino.Model([opset13.relu(given)], [given], "one"), path)
        return path
    import flatbuffers
    from ai_edge_litert import schema_py_generated as tfl

    def tensor(name):
        made = tfl.TensorT()
        made.name, made.shape, made.type, made.buffer = name, [1], tfl.TensorType.FLOAT32, 0
        return made

    graph, step, code, model = tfl.SubGraphT(), tfl.OperatorT(), tfl.OperatorCodeT(), tfl.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.RELU
    code.version = 1
    step.opcodeIndex, step.inputs, step.outputs = 0, [0], [1]
    graph.tensors, graph.operators, graph.inputs, graph.outputs = [tensor("given"), tensor("out")], [step], [0], [1]
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [tfl.BufferT()]
    builder = flatbuffers.Builder(256)
    builder.Finish(model.Pack(builder), b"TFL3")
    path = os.path.join(folder, "one.tflite")
    with open(path, "wb") as file:
        file.write(bytes(builder.Output()))
    return path


def serve(engine, model, precision, threads, batch, feeds_file):
    made = (OpenVino if engine == "openvino" else LiteRt)(model, precision, threads, batch, feeds_file)
    for line in sys.stdin:
        print(json.dumps(turn(made.call, float(line))), flush=True)


class Child:
    """This script in a process of its own. LiteRT prints hundreds of lines, which are shown only where it fails."""

    def __init__(self, *words):
        self.said = tempfile.TemporaryFile(mode="w+", errors="replace")
        self.process = subprocess.Popen(
            [sys.executable, __file__, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True
        )

    def end(self):
        self.process.stdin.close()
        if self.process.wait():
            self.said.seek(0)
            raise SystemExit("the peer failed:\n" + "".join(self.said.readlines()[-5:]))


class Peer(Child):
    def __init__(self, engine, model, precision, threads, batch, feeds_file):
        super().__init__("--serve", engine, model, precision or "", str(threads), str(batch), feeds_file)
        self.turn(0.5)

    def turn(self, seconds):
        try:
            self.process.stdin.write(f"{seconds}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.process.stdin = open(os.devnull, "w")
            self.end()
        line = self.process.stdout.readline()
        if not line:
            self.end()
        return json.loads(line)


def interval(starts, draws=2_000):
    draw = __import__("random").Random(0)

    def once():
        chosen = draw.choices(starts, k=len(starts))
        return statistics.median(statistics.median(draw.choices(ratios, k=len(ratios))) for ratios in chosen)

    medians = sorted(once() for _ in range(draws))
    return medians[int(draws * 0.025)], medians[int(draws * 0.975)]


def compare(engine, model, precision, args, batch):
    ours, theirs, starts = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "feeds.npz")
        Child("--feeds", engine, model, str(batch), path).end()
        for _ in range(args.starts):
            settings = {"precision": precision} if precision else {}
            us = Nntop(engine, library(engine), model, path, args.threads, steady=False, **settings)
            sides = us, Peer(engine, model, precision, args.threads, batch, path)
            pairs = []
            for i in range(args.pairs):
                turns = {}
                for who in sides if i % 2 == 0 else sides[::-1]:
                    turns[who] = who.turn(args.seconds)
                pairs.append([statistics.median(turns[side]) for side in sides])
                ours += turns[sides[0]]
                theirs += turns[sides[1]]
            for side in sides:
                side.end()
            starts.append(pairs)
    return statistics.median(ours), statistics.median(theirs), starts


def call_cost(engine, args):
    """What Python's call takes beside the library's, in nanoseconds."""
    with tempfile.TemporaryDirectory() as folder:
        Child("--one", engine, folder).end()
        model = os.path.join(folder, "one.xml" if engine == "openvino" else "one.tflite")
        ours, theirs, _ = compare(engine, model, "f32" if engine == "openvino" else None, args, 1)
    print(f"a call of Python costs {(theirs - ours) / 1e3:.1f} µs beside {engine}'s ({theirs / 1e3:.1f} against {ours / 1e3:.1f} µs on one value)")
    return max(0.0, theirs - ours)


def shapes(model, batch):
    """The inputs as benchmark_app wants them: `image[1,3,224,224]`."""
    of = OpenVino(model, None, 1, batch).specs
    return ",".join(f"{name}[{','.join(str(n) for n in dims)}]" for name, (dims, _) in of.items())


def benchmark_app(model, precision, args):
    """Median in nanoseconds of one run of OpenVINO's own tool."""
    app = os.path.join(os.path.dirname(sys.executable), "benchmark_app")
    words = ["-m", model, "-d", "CPU", "-api", "sync", "-hint", "none", "-nstreams", "1", "-nthreads", str(args.threads)]
    words += ["-t", "1", "-shape", shapes(model, args.batch)] + (["-infer_precision", precision] if precision else [])
    said = subprocess.run([app, *words], capture_output=True, text=True)
    found = re.search(r"Median:\s+([\d.]+) ms", said.stdout)
    if not found:
        raise SystemExit(f"benchmark_app failed:\n{said.stdout[-500:]}{said.stderr[-500:]}")
    return float(found.group(1)) * 1e6


def nntop_bench(model, precision, args):
    words = ["bench", model, "--engine", "openvino", "--engine-path", library("openvino"), "-t", "1s", "--no-profile"]
    words += ["--num-streams", "1", "--threads", str(args.threads), "--format", "json", "-q", "--shape"]
    words += shapes(model, args.batch).replace("],", " --shape ").replace("[", ":").rstrip("]").split()
    words += ["--precision", precision] if precision else []
    said = subprocess.run([NNTOP, *words], capture_output=True, text=True)
    if said.returncode:
        raise SystemExit(f"nntop failed:\n{said.stderr[-500:]}")
    return json.loads(said.stdout)["variants"][0]["latency_ns"]["p50"]


def beside_app(model, args):
    """Both medians, and a pair of runs for each start of either."""
    pairs = []
    for i in range(args.starts):
        sides = [nntop_bench, benchmark_app]
        got = {side: side(model, "f32", args) for side in (sides if i % 2 == 0 else sides[::-1])}
        pairs.append([[got[side] for side in sides]])
    return *(statistics.median(pair[0][side] for pair in pairs) for side in (0, 1)), pairs


def row(name, what, ours, theirs, starts, cost=0.0):
    off = cost if cost > SMALL * theirs else 0.0
    starts = [[us / (them - off) for us, them in pairs] for pairs in starts]
    ratio, (low, high) = statistics.median(statistics.median(r) for r in starts), interval(starts)
    share = f"{cost / theirs:>7.1%}{'*' if off else ' '}"
    times = f"{ours / 1e3:>11.1f} µs {theirs / 1e3:>11.1f} µs"
    print(f"{name:<30} {what:<22} {times} {share} {ratio:>8.4f}   {low:.4f} to {high:.4f}", flush=True)
    return abs(ratio - 1) > LIMIT


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--starts", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--no-app", action="store_true", help="without benchmark_app")
    parser.add_argument("--serve", nargs=6, help=argparse.SUPPRESS)
    parser.add_argument("--feeds", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        engine, model, precision, threads, batch, feeds_file = args.serve
        return serve(engine, model, precision or None, int(threads), int(batch), feeds_file)
    if args.feeds:
        engine, model, batch, path = args.feeds
        return feeds(engine, model, int(batch), path)
    if args.one:
        one_value(*args.one)
        return 0
    runs = {
        model: [("openvino", "f32"), ("openvino", None)] + ([("litert", None)] if model.endswith(".tflite") else [])
        for model in args.models
    }
    cost = {engine: call_cost(engine, args) for engine in sorted({engine for of in runs.values() for engine, _ in of})}
    print(f"{args.threads} thread(s), batch {args.batch} where it is free, {args.starts} starts with {args.pairs} pairs of {args.seconds:g} s")
    print(f"{'model':<30} {'peer':<22} {'nntop p50':>14} {'peer p50':>14} {'call':>8} {'ratio':>8}   95 %")
    far = False
    for model, of in runs.items():
        name = os.path.basename(model)
        name = os.path.basename(os.path.dirname(model)) if name == "model.onnx" else name
        for engine, precision in of:
            what = f"{engine} {precision or ('own' if engine == 'openvino' else '')}"
            ours, theirs, starts = compare(engine, model, precision, args, args.batch)
            far |= row(name, f"python {what}", ours, theirs, starts, cost[engine])
        if not args.no_app and model.endswith((".onnx", ".xml")):
            ours, theirs, pairs = beside_app(model, args)
            if theirs < 0.5e6:
                print(f"{name:<30} benchmark_app prints hundredths of a millisecond, an inference takes {theirs / 1e6:.2f}")
            else:
                far |= row(name, "benchmark_app f32", ours, theirs, pairs, cost["openvino"])
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
