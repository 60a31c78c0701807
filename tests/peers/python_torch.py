#!/usr/bin/env python3
"""nntop beside PyTorch and ExecuTorch driven by a loop in plain Python: same interpreter, model, threads and input.

    cargo build --release
    PYTHON tests/peers/python_torch.py [--starts 3] [--pairs 8] [--seconds 0.3] [--shape x:1,3,224,224] MODEL ...

PYTHON is an interpreter that has the packages: `$(nntop engine install torch)` names one, and nntop is told to use the very
same. .pt (TorchScript, whose inputs' shapes are given by --shape) and .pt2 run on PyTorch, .pte on ExecuTorch. Both sides stay
loaded and take short turns in the order A B B A, as in python_engines.py.

Prints both medians and the median over the starts of the ratio of their medians, with its 95 % interval. Ends with 1 when a
ratio is more than 3 % from 1.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import numpy
from agent import Nntop
from python_engines import LIMIT, row, turn


class Torch:
    """A module, its inputs, and the call."""

    def __init__(self, model, shapes, threads, feeds_file=None):
        import torch

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        if model.endswith(".pt2"):
            program = torch.export.load(model)
            wanted = set(program.graph_signature.user_inputs)
            nodes = [n for n in program.graph.nodes if n.op == "placeholder" and n.name in wanted]
            self.specs = {n.name: (tuple(n.meta["val"].shape), str(n.meta["val"].dtype).split(".")[-1]) for n in nodes}
            module = program.module()
        else:
            module = torch.jit.load(model)
            module.eval()
            names = [v.debugName().split(".")[0] for v in list(module.graph.inputs())[1:]]
            self.specs = {name: (shapes[name], "float32") for name in names}
        if feeds_file:
            feeds = numpy.load(feeds_file)
            inputs = [torch.from_numpy(feeds[name]) for name in self.specs]
            self.call = lambda: module(*inputs)


class ExecuTorch:
    """A program's method, its inputs, and the call."""

    DTYPES = {1: "int8", 3: "int32", 4: "int64", 6: "float32"}

    def __init__(self, model, shapes, threads, feeds_file=None):
        import torch
        from executorch.runtime import Runtime

        # Kept: the method lives in them.
        self.runtime = Runtime.get()
        self.program = self.runtime.load_program(model)
        method = self.method = self.program.load_method("forward")
        metas = [method.metadata.input_tensor_meta(i) for i in range(method.metadata.num_inputs())]
        self.specs = {f"input{i}": (tuple(m.sizes()), self.DTYPES[m.dtype()]) for i, m in enumerate(metas)}
        if feeds_file:
            feeds = numpy.load(feeds_file)
            inputs = tuple(torch.from_numpy(feeds[name]) for name in self.specs)
            self.call = lambda: method.execute(inputs)


def engine_of(model):
    return "executorch" if model.endswith(".pte") else "torch"


def made(model, shapes, threads, feeds_file=None):
    return (ExecuTorch if engine_of(model) == "executorch" else Torch)(model, shapes, threads, feeds_file)


def feeds(model, shapes, path):
    """Seeded inputs, in a file that both read."""
    values = numpy.random.default_rng(0)
    arrays = {}
    for name, (dims, dtype) in made(model, shapes, 1).specs.items():
        whole = numpy.issubdtype(numpy.dtype(dtype), numpy.integer)
        arrays[name] = (values.integers(0, 2, dims) if whole else values.random(dims)).astype(dtype)
    numpy.savez(path, **arrays)


class Peer:
    def __init__(self, model, shapes, threads, feeds_file):
        words = ["--serve", model, json.dumps(shapes), str(threads), feeds_file]
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


def compare(model, shapes, args):
    ours, theirs, starts = [], [], []
    engine = engine_of(model)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "feeds.npz")
        feeds(model, shapes, path)
        given = {} if engine == "executorch" or model.endswith(".pt2") else shapes
        for _ in range(args.starts):
            us = Nntop(engine, sys.executable, model, path, args.threads, steady=False, shapes=given)
            sides = us, Peer(model, shapes, args.threads, path)
            medians = []
            for i in range(args.pairs):
                turns = {}
                for who in sides if i % 2 == 0 else sides[::-1]:
                    turns[who] = who.turn(args.seconds)
                ours += turns[sides[0]]
                theirs += turns[sides[1]]
                medians.append(tuple(statistics.median(turns[side]) for side in sides))
            for side in sides:
                side.end()
            starts.append(medians)
    return statistics.median(ours), statistics.median(theirs), starts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--shape", action="append", default=[], help="INPUT:1,3,224,224, of TorchScript's inputs")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        model, shapes, threads, feeds_file = args.serve
        call = made(model, json.loads(shapes), int(threads), feeds_file).call
        for line in sys.stdin:
            print(json.dumps(turn(call, float(line))), flush=True)
        return 0
    shapes = {name: [int(n) for n in dims.split(",")] for name, dims in (s.rsplit(":", 1) for s in args.shape)}
    print(f"{'model':<30} {'peer':<22} {'nntop p50':>14} {'peer p50':>14} {'call':>8} {'ratio':>8}   95 %")
    rows = [row(os.path.basename(m), f"python {engine_of(m)}", *compare(m, shapes, args)) for m in args.models]
    return 1 if any(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
