"""Pruning by magnitude: the smallest weights become zero."""

import re

import numpy as np
from onnx import numpy_helper

from graph import Refused, kept, weights_of


def prune(model, step, exclude, notes):
    """Zeroes a share of the weights: over all layers (global), in each one (layer), or M-N of every M in a row (N:M)."""
    names = kept(model, exclude)
    layers, seen = [], set()
    for node, tensor in weights_of(model):
        # A tensor that several nodes use is pruned once, and not where one of them is excluded.
        users = [n.name for n, t in weights_of(model) if t.name == tensor.name]
        if tensor.name not in seen and not names.intersection(users):
            seen.add(tensor.name)
            layers.append((node, tensor, numpy_helper.to_array(tensor)))
    if not layers:
        raise Refused("no convolution and no matrix product has weights of its own to prune")
    pattern, share = step.get("pattern", "global"), step.get("share", 0.5)
    if pattern == "global":
        sizes = np.concatenate([np.abs(w).ravel() for _, _, w in layers])
        zero = int(round(sizes.size * share))
        if zero:
            # Exactly this number: of equal values the first are removed.
            mask = np.zeros(sizes.size, dtype=bool)
            mask[np.argsort(sizes, kind="stable")[:zero]] = True
            at = 0
            for i, (node, tensor, w) in enumerate(layers):
                w = np.where(mask[at : at + w.size].reshape(w.shape), w.dtype.type(0), w)
                at += w.size
                layers[i] = (node, tensor, w)
        empty = [n.name for n, _, w in layers if not np.count_nonzero(w)]
        if empty:
            raise Refused(
                "pruned over all layers, nothing is left of %s" % ", ".join(empty[:3]),
                "prune less, or each layer by itself: --prune-pattern layer",
            )
    elif pattern == "layer":
        for i, (node, tensor, w) in enumerate(layers):
            flat = w.copy().ravel()
            flat[np.argsort(np.abs(flat), kind="stable")[: int(round(flat.size * share))]] = 0
            layers[i] = (node, tensor, flat.reshape(w.shape))
    else:
        keep, of = (int(n) for n in re.match(r"(\d+):(\d+)$", pattern).groups())
        odd = []
        for i, (node, tensor, w) in enumerate(layers):
            pruned = grouped(node, w, keep, of)
            if pruned is None:
                odd.append(node.name)
                continue
            layers[i] = (node, tensor, pruned)
        if len(odd) == len(layers):
            raise Refused("no layer has inputs in groups of %d" % of)
        if odd:
            notes.append("%d of %d layers have no inputs in groups of %d, and stay dense" % (len(odd), len(layers), of))
    for _, tensor, w in layers:
        tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(w), tensor.name))
    notes.append(
        "zeros take as much memory and time as other weights in dense kernels: pruning pays where files are compressed, or a "
        "runtime uses sparsity"
    )
    return model


def grouped(node, w, keep, of):
    """The largest `keep` of every `of` weights along the inputs that one output sums up."""
    transposed = node.op_type == "Gemm" and any(a.name == "transB" and a.i for a in node.attribute)
    # Conv: outputs, inputs, kernel. Products: inputs, outputs.
    rows = w if node.op_type == "Conv" or transposed else np.moveaxis(w, -2, -1)
    if node.op_type == "ConvTranspose":
        rows = np.moveaxis(w, 0, 1)
    if node.op_type in ("Conv", "ConvTranspose"):
        rows = np.moveaxis(rows, 1, -1)
    if rows.shape[-1] % of:
        return None
    groups = np.array(rows, copy=True).reshape(-1, of)
    smallest = np.argsort(np.abs(groups), axis=1, kind="stable")[:, : of - keep]
    np.put_along_axis(groups, smallest, 0, axis=1)
    rows = groups.reshape(rows.shape)
    if node.op_type in ("Conv", "ConvTranspose"):
        rows = np.moveaxis(rows, -1, 1)
    if node.op_type == "ConvTranspose":
        return np.moveaxis(rows, 1, 0)
    return rows if node.op_type == "Conv" or transposed else np.moveaxis(rows, -2, -1)
