"""Writes variants of an ONNX model. A request comes as JSON on standard input; progress and results go out as lines of JSON."""

import json
import os
import sys

# What libraries print is no answer of ours.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(**what):
    ANSWERS.write(json.dumps(what, allow_nan=False) + "\n")
    ANSWERS.flush()


import logging

import numpy as np
import onnx
import onnxruntime

import graph
import prune
import quantize
from graph import Refused, line

logging.disable(logging.CRITICAL)
onnxruntime.set_default_logger_severity(4)
LEVELS = {
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}


def session(model, optimized=None, level=None):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if optimized:
        options.optimized_model_filepath = optimized
    if level:
        options.graph_optimization_level = LEVELS[level]
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Samples:
    """Inputs in a folder: 00000-0.npy is input 0 of sample 0."""

    def __init__(self, folder, names, count):
        self.folder, self.names, self.count = folder, names, count

    def __len__(self):
        return self.count

    def at(self, n):
        return {name: np.load(os.path.join(self.folder, "%05d-%d.npy" % (n, k))) for k, name in enumerate(self.names)}


class Context:
    """What a step needs beside the model."""

    def __init__(self, variant, request, samples):
        self.variant, self.samples, self.work = variant, samples, request["work"]
        self.probe, self.notes = min(request["probe"], len(samples)), []

    def path(self, name):
        return os.path.join(self.work, name + ".onnx")

    def tick(self, text):
        return lambda done, total: answer(event="progress", variant=self.variant, text=text, done=done, total=total)

    def outputs(self, model):
        path = self.path("probe")
        graph.save(model, path)
        return outputs(session(path), self.samples, self.probe)


def outputs(running, samples, count):
    names = {i.name for i in running.get_inputs()}
    feed = lambda n: {k: v for k, v in samples.at(n).items() if k in names}
    return [[np.asarray(o) for o in running.run(None, feed(n))] for n in range(count)]


def agreement(right, found):
    """How near the outputs are to the original's: relative error, and how often the highest score is at the same place."""
    same = of = 0
    for a, b in zip(right, found):
        scores = a[0]
        if scores.ndim >= 1 and scores.shape[-1] > 1 and scores.ndim <= 2 and np.issubdtype(scores.dtype, np.floating):
            equal = np.argmax(a[0], axis=-1) == np.argmax(b[0], axis=-1)
            same, of = same + int(np.sum(equal)), of + int(np.size(equal))
    broken = sum(int(np.sum(~np.isfinite(o))) for b in found for o in b if np.issubdtype(o.dtype, np.floating))
    return {
        "samples": len(found),
        "relative_error": None if broken else quantize.error(right, found),
        "not_finite": broken,
        "top1_same": same if of else None,
        "top1_of": of if of else None,
    }


def half(model, step, context):
    from onnxruntime.transformers.float16 import convert_float_to_float16

    if step["io"] == "float32":
        context.notes.append("inputs and outputs stay in fp32")
    model = convert_float_to_float16(model, keep_io_types=step["io"] == "float32")
    context.notes.append("ONNX Runtime computes most operators in fp32 on CPUs, and converts before and after them")
    return model


def fused(model, step, context):
    source, target = context.path("unfused"), context.path("fused")
    graph.save(model, source)
    before = len(model.graph.node)
    session(source, target, step["level"])
    model = onnx.load(target)
    context.notes.append("%d operators became %d" % (before, len(model.graph.node)))
    own = sorted({n.op_type for n in model.graph.node if n.domain not in ("", "ai.onnx")})
    if own:
        context.notes.append("it has operators of ONNX Runtime's own, which other runtimes do not know: %s" % ", ".join(own))
    if step["level"] == "all":
        context.notes.append("its layout is for this processor")
    return model


def apply(model, step, exclude, context):
    what = step["step"]
    if what == "prune":
        return prune.prune(model, step, exclude, context.notes)
    if what == "fp16":
        return half(model, step, context)
    if what == "fuse":
        return fused(model, step, context)
    return {"static": quantize.static, "dynamic": quantize.dynamic, "int4": quantize.four_bits}[what](
        model, step, exclude, context
    )


def reasons(model, path, context):
    """What makes a variant of this kind slow, as far as the graph and the processor tell."""
    found = []
    kinds = [n.op_type for n in model.graph.node]
    if any(k in graph.QUANTIZING or k in ("ConvInteger", "MatMulInteger", "QLinearConv") for k in kinds):
        if quantize.has_vnni() is False:
            name = "VNNI" if quantize.IS_X86 else "dot products of 8-bit numbers"
            found.append("this processor has no %s" % name)
        optimized = context.path("optimized")
        try:
            session(path, optimized, "extended")
            left = [n.op_type for n in onnx.load(optimized).graph.node]
            pairs = sum(k in graph.QUANTIZING or k == "DynamicQuantizeLinear" for k in left)
            # One at each input and output is what quantizing takes.
            if pairs > len(model.graph.input) + len(model.graph.output):
                found.append("%d conversions between float and integer stay between %d operators" % (pairs, len(left)))
        except Exception:
            pass
        groups = [a.i for n in model.graph.node if "Conv" in n.op_type for a in n.attribute if a.name == "group" and a.i > 1]
        if groups:
            found.append("%d of its convolutions are by groups (depthwise), which gain little from 8 bits" % len(groups))
    if "ConvInteger" in kinds:
        found.append("the range of every activation is looked for at every inference (dynamic)")
    return found


def variant(wanted, request, samples, right):
    context = Context(wanted["name"], request, samples)
    try:
        model = graph.load(request["model"])
        for at, step in enumerate(wanted["steps"]):
            answer(event="progress", variant=wanted["name"], text=step["step"], done=at, total=len(wanted["steps"]))
            model = apply(model, step, request["exclude"], context)
        path = os.path.join(request["folder"], wanted["file"])
        # Runtimes refuse formats that are newer than they are.
        model.ir_version = min(model.ir_version, max(request["ir_version"], 10))
        graph.save(model, path)
        try:
            found = outputs(session(path), samples, context.probe)
        except Exception as e:
            os.remove(path)
            raise Refused("ONNX Runtime does not run what came of it: %s" % line(e))
        figures = graph.figures(path)
        answer(
            event="variant",
            name=wanted["name"],
            file=wanted["file"],
            agreement=agreement(right, found),
            notes=context.notes,
            reasons=reasons(model, path, context),
            **figures
        )
    except Refused as e:
        answer(event="refused", name=wanted["name"], reason=str(e), hint=e.hint)
    except MemoryError:
        answer(event="refused", name=wanted["name"], reason="memory is too small for it", hint=None)
    except Exception as e:
        answer(event="refused", name=wanted["name"], reason="%s: %s" % (type(e).__name__, line(e)), hint=None)


def main():
    request = json.load(sys.stdin)
    samples = Samples(request["samples"], request["inputs"], request["count"])
    try:
        model = graph.load(request["model"])
        request["ir_version"] = model.ir_version
        request["exclude"] = sorted(graph.chosen(model, request["exclude"]))
        right = outputs(session(request["model"]), samples, min(request["probe"], len(samples)))
    except Refused as e:
        return answer(event="failed", reason=str(e), hint=e.hint)
    except Exception as e:
        return answer(event="failed", reason=line(e), hint=None)
    answer(event="original", onnxruntime=onnxruntime.__version__, **graph.figures(request["model"]))
    for wanted in request["variants"]:
        variant(wanted, request, samples, right)
    if request.get("rank"):
        context = Context("layers", request, samples)
        try:
            layers = quantize.ranked(model, request["rank"], request["exclude"], context)
            answer(event="layers", layers=layers)
        except Refused as e:
            answer(event="refused", name="layers", reason=str(e), hint=e.hint)
        except Exception as e:
            answer(event="refused", name="layers", reason="%s: %s" % (type(e).__name__, line(e)), hint=None)
    answer(event="done")


main()
