#!/usr/bin/env python3
"""One small network in the formats that only OpenVINO reads, with what OpenVINO's Python package and PaddlePaddle answer.

    python3 -m venv /tmp/formats && /tmp/formats/bin/pip install openvino==2026.4.1 paddlepaddle==2.6.2 setuptools
    /tmp/formats/bin/python tests/it/references/formats.py

`net.pdmodel` is as `paddle.jit.save` writes it, without the places in source files; `net.xml` and `net-f16.xml` are as
`openvino.save_model` writes it, uncompressed and with weights in float16; `net-int8.xml` has int8 weights and quantised
activations. The first axis is free in all of them. The input is a ramp from 0 to 1.
"""

import json
import os

import numpy
import openvino
import openvino.opset13 as op
import paddle
from paddle.base.proto import framework_pb2

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")


class Net(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.conv, self.dense = paddle.nn.Conv2D(3, 8, 3), paddle.nn.Linear(8, 4)

    def forward(self, image):
        features = paddle.nn.functional.relu(self.conv(image)).mean([2, 3])
        return paddle.nn.functional.softmax(self.dense(features))


def save_paddle(net):
    path = os.path.join(FOLDER, "net")
    paddle.jit.save(net, path, input_spec=[paddle.static.InputSpec([None, 3, 16, 16], "float32", "image")])
    os.remove(path + ".pdiparams.info")
    program = framework_pb2.ProgramDesc()
    with open(path + ".pdmodel", "rb") as file:
        program.ParseFromString(file.read())
    for step in (step for block in program.blocks for step in block.ops):
        kept = [attribute for attribute in step.attrs if attribute.name not in ("op_callstack", "op_namescope")]
        del step.attrs[:]
        step.attrs.extend(kept)
    with open(path + ".pdmodel", "wb") as file:
        file.write(program.SerializeToString())


def quantised(net):
    """The same, its convolution in int8."""
    weights = net.conv.weight.numpy()
    scale = numpy.abs(weights).max() / 127
    image = op.parameter(openvino.PartialShape([-1, 3, 16, 16]), numpy.float32, name="image")
    image.output(0).set_names({"image"})
    steps = op.fake_quantize(image, *(numpy.float32(v) for v in (0, 1, 0, 1)), 256)
    stored = op.constant(numpy.round(weights / scale).astype(numpy.int8))
    weights = op.multiply(op.convert(stored, "f32"), numpy.float32(scale))
    conv = op.convolution(steps, weights, [1, 1], [0, 0], [0, 0], [1, 1])
    features = op.relu(op.add(conv, net.conv.bias.numpy().reshape(1, 8, 1, 1)))
    features = op.reduce_mean(features, numpy.array([2, 3]), False)
    dense = op.add(op.matmul(features, net.dense.weight.numpy(), False, False), net.dense.bias.numpy())
    return openvino.Model([op.softmax(dense, 1)], [image], "net")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    paddle.seed(1)
    net = Net()
    net.eval()
    save_paddle(net)
    core = openvino.Core()
    model = core.read_model(os.path.join(FOLDER, "net.pdmodel"))
    for name, compress in (("net", False), ("net-f16", True)):
        openvino.save_model(model, os.path.join(FOLDER, f"{name}.xml"), compress_to_fp16=compress)
    openvino.save_model(quantised(net), os.path.join(FOLDER, "net-int8.xml"), compress_to_fp16=False)
    ramp = (numpy.arange(768, dtype=numpy.float32) / 768).reshape(1, 3, 16, 16)
    answers = {"paddlepaddle": net(paddle.to_tensor(ramp)).numpy()}
    for name in ("net.pdmodel", "net.xml", "net-f16.xml", "net-int8.xml"):
        model = core.read_model(os.path.join(FOLDER, name))
        model.reshape([1, 3, 16, 16])
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        answers[name] = compiled([ramp])[0]
    with open(os.path.join(FOLDER, "answers.json"), "w") as file:
        json.dump({name: [float(f"{v:.9g}") for v in answer.ravel()] for name, answer in answers.items()}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
