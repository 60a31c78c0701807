"""Quantization by ONNX Runtime's own tools: static, dynamic, four-bit weights; and what each layer costs."""

import os
import platform

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.calibrate import CalibrationDataReader, create_calibrator

from graph import QUANTIZING, Refused, kept, line, load, save, upgraded, weights_of

METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}
IS_X86 = platform.machine() in ("x86_64", "AMD64")


def has_vnni():
    """Whether this processor multiplies and adds 8-bit numbers in one instruction; None where it does not say."""
    try:
        with open("/proc/cpuinfo") as file:
            flags = {w for l in file if l.lower().startswith(("flags", "features")) for w in l.split(":", 1)[1].split()}
    except OSError:
        return None
    if not flags:
        return None
    return bool(flags & {"avx512_vnni", "avx_vnni"}) if IS_X86 else bool(flags & {"asimddp", "i8mm"})


class Reader(CalibrationDataReader):
    """Hands out samples one after the other, and says how far it is."""

    def __init__(self, samples, tick):
        self.samples, self.tick, self.at = samples, tick, 0

    def get_next(self):
        if self.at >= len(self.samples):
            return None
        self.tick(self.at, len(self.samples))
        self.at += 1
        return self.samples.at(self.at - 1)


def prepared(model, work, notes):
    """Shapes inferred and constants folded, as the tools want it."""
    if any(n.op_type in QUANTIZING or n.op_type.startswith("QLinear") for n in model.graph.node):
        raise Refused("it is quantized already", "start from the model in floating point")
    model = upgraded(model, notes)
    before, after = os.path.join(work, "before.onnx"), os.path.join(work, "after.onnx")
    save(model, before)
    for settings in ({}, {"skip_symbolic_shape": True}, {"skip_symbolic_shape": True, "skip_optimization": True}):
        try:
            quant_pre_process(before, after, **settings)
            return load(after)
        except Exception as e:
            failed = e
    notes.append("its shapes could not be inferred in advance: %s" % line(failed))
    return load(before)


def types(step):
    """Of activations and weights; and whether weights use 7 bits."""
    if step["type"] == "uint8":
        return QuantType.QUInt8, QuantType.QUInt8, False
    if IS_X86:
        # Kernels there take unsigned activations; signed ones stay in floating point where a ReLU follows.
        # Without VNNI sums of u8 x s8 overflow 16 bits.
        return QuantType.QUInt8, QuantType.QInt8, not has_vnni()
    return QuantType.QInt8, QuantType.QInt8, False


def static(model, step, exclude, context):
    notes = context.notes
    model = prepared(model, context.work, notes)
    activations, weights, reduced = types(step)
    if reduced:
        notes.append("weights use 7 bits: without VNNI, sums of u8 times s8 overflow in 16 bits")
    source, target = context.path("float"), context.path("static")
    save(model, source)
    names = sorted(kept(model, exclude))
    for per_channel, settings in attempts(step):
        try:
            quantize_static(
                source,
                target,
                Reader(context.samples, context.tick("calibrating")),
                quant_format=QuantFormat.QDQ if step["form"] == "qdq" else QuantFormat.QOperator,
                per_channel=per_channel,
                reduce_range=reduced,
                activation_type=activations,
                weight_type=weights,
                nodes_to_exclude=names,
                calibrate_method=METHODS[step["calibration"]],
                calibration_providers=["CPUExecutionProvider"],
                extra_options=settings,
            )
        except (ValueError, IndexError, KeyError, AssertionError) as e:
            failed = e
            continue
        if step["per_channel"] and not per_channel:
            notes.append("weights have one scale for each tensor: per channel failed (%s)" % line(failed))
        return changed(model, target)
    raise failed


def attempts(step):
    """Settings from the most exact on: some graphs trip the tools, as biases of several axes do."""
    # Weights in symmetry about zero, as kernels for per-channel weights require.
    exact = {"WeightSymmetric": step["type"] != "uint8", "ActivationSymmetric": False}
    plain = dict(exact, QDQDisableWeightAdjustForInt32Bias=True)
    return [(step["per_channel"], exact), (step["per_channel"], plain)] + [(False, plain)] * bool(step["per_channel"])


def changed(before, path):
    after = onnx.load(path)
    if [n.op_type for n in after.graph.node] == [n.op_type for n in before.graph.node]:
        kinds = ", ".join(sorted({n.op_type for n in before.graph.node}))
        raise Refused("none of its operators can be quantized so: %s" % kinds)
    return load(path)


def dynamic(model, step, exclude, context):
    model = prepared(model, context.work, context.notes)
    source, target = context.path("float"), context.path("dynamic")
    save(model, source)
    names = kept(model, exclude)
    # Its kernels take unsigned weights alone.
    weights = QuantType.QUInt8 if any(n.op_type == "Conv" for n in model.graph.node) else QuantType.QInt8
    quantize_dynamic(
        source, target, per_channel=False, weight_type=weights, nodes_to_exclude=sorted(names), extra_options={}
    )
    return changed(model, target)


def four_bits(model, step, exclude, context):
    """Weights of matrix products in 4 bits by blocks; activations stay in floating point."""
    try:
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    except ImportError as e:
        raise Refused("the installed ONNX Runtime quantizes no weights to 4 bits: %s" % line(e))
    from onnxruntime.quantization.onnx_model import ONNXModel

    wrapped = ONNXModel(prepared(model, context.work, context.notes))
    wrapped.replace_gemm_with_matmul()
    model, names = wrapped.model, kept(wrapped.model, exclude)
    products = [(n, t) for n, t in weights_of(model) if n.op_type == "MatMul" and len(t.dims) == 2 and n.name not in names]
    if not products:
        others = sorted({n.op_type for n, _ in weights_of(model)})
        raise Refused(
            "no matrix product has weights of its own: 4-bit weights are for MatMul and Gemm%s"
            % (", and its weights are those of %s" % ", ".join(others) if others else "")
        )
    quantizer = MatMulNBitsQuantizer(
        model, bits=4, block_size=step["block"], is_symmetric=True, nodes_to_exclude=sorted(names)
    )
    quantizer.process()
    model = quantizer.model.model
    if not any(o.domain == "com.microsoft" for o in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
    whole = sum(t.ByteSize() for _, t in weights_of(model))
    if whole:
        context.notes.append("weights of other operators stay as they are: %d bytes" % whole)
    context.notes.append("it has operators of ONNX Runtime's own (MatMulNBits), which other runtimes do not know")
    return model


def ranked(model, step, exclude, context):
    """Layers by the error of the outputs that quantizing each alone brings; ranges are calibrated once."""
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
    from onnxruntime.quantization.registry import QDQRegistry

    model = prepared(model, context.work, context.notes)
    source = context.path("ranges")
    save(model, source)
    calibrator = create_calibrator(
        source,
        list(QDQRegistry.keys()),
        augmented_model_path=context.path("augmented"),
        calibrate_method=METHODS[step["calibration"]],
        providers=["CPUExecutionProvider"],
    )
    calibrator.collect_data(Reader(context.samples, context.tick("calibrating")))
    ranges = calibrator.compute_data()
    del calibrator
    activations, weights, reduced = types(dict(step, form="qdq"))
    names = kept(model, exclude)
    layers = [n.name for n, _ in weights_of(model) if n.name not in names]
    kinds = {n.name: n.op_type for n in model.graph.node}
    right = context.outputs(model)
    errors = []
    for at, name in enumerate(layers):
        context.tick("measuring layers")(at, len(layers))
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        quantizer = QDQQuantizer(
            copy,
            step["per_channel"],
            reduced,
            weights,
            activations,
            ranges,
            [name],
            [],
            list(QDQRegistry.keys()),
            attempts(step)[1][1],
        )
        quantizer.quantize_model()
        found = context.outputs(quantizer.model.model)
        errors.append({"node": name, "operator": kinds[name], "error": error(right, found)})
    errors.sort(key=lambda e: -e["error"])
    return errors


def error(right, found):
    """The relative error of all outputs together: |found - right| / |right|."""
    off = size = 0.0
    for a, b in zip(right, found):
        for x, y in zip(a, b):
            if np.issubdtype(x.dtype, np.floating):
                x, y = x.astype(np.float64), y.astype(np.float64)
                off += float(np.sum((x - y) ** 2))
                size += float(np.sum(x**2))
    return (off / size) ** 0.5 if size else 0.0
