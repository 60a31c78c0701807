"""Make the demo models of nntop: a digit classifier in float32 and in int8.

The network is a small stack of dense convolutions, trained on the 8x8 images
of handwritten digits that come with scikit-learn. The graph enlarges the image
itself, so the model is fed the 8x8 picture and still has real work to do.

Written next to this script:

    digits-fp32.onnx   the trained network
    digits-int8.onnx   the same network, statically quantized (QDQ, int8)
    digits-test.npz    the held-out images and labels

Run it with Python 3.11 or later; it takes several minutes on a laptop CPU:

    pip install jax==0.10.2 optax==0.2.8 numpy==2.4.6 scikit-learn==1.9.1 \\
        onnx==1.23.2 onnxruntime==1.31.1
    python make_demo_models.py
"""

import math
import tempfile
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import onnx
import onnxruntime as ort
import optax
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
FP32_PATH = HERE / "digits-fp32.onnx"
INT8_PATH = HERE / "digits-int8.onnx"
TEST_PATH = HERE / "digits-test.npz"

SEED = 0
TEST_IMAGES = 360
CALIBRATION_IMAGES = 256

EPOCHS = 9
BATCH_SIZE = 32
PEAK_LEARNING_RATE = 2e-3

# Old enough for ONNX Runtime 1.17 and for most converters.
OPSET = 17
IR_VERSION = 8

CLASSES = 10
IMAGE_SIDE = 8
PIXEL_MAX = 16.0
ENLARGE = 6
POOL = 2


class ConvLayer(NamedTuple):
    """A convolution with "same" padding, followed by a ReLU."""

    name: str
    channels: int
    kernel: int
    stride: int = 1

    @property
    def padding(self):
        """Pixels added on each side of the input."""
        return self.kernel // 2


CONV_LAYERS = [
    ConvLayer("stem", channels=32, kernel=3),
    ConvLayer("wide", channels=64, kernel=3),
    ConvLayer("expand", channels=128, kernel=1),
    ConvLayer("mix", channels=128, kernel=1),
    ConvLayer("reduce", channels=64, kernel=1),
    ConvLayer("half_down", channels=64, kernel=3, stride=2),
    ConvLayer("half", channels=64, kernel=3),
    ConvLayer("quarter_down", channels=64, kernel=3, stride=2),
    ConvLayer("eighth_down", channels=64, kernel=3, stride=2),
]


# --- Data -------------------------------------------------------------------


def load_split():
    """Return train and held-out images ([N, 1, 8, 8], 0 to 1) and their labels."""
    digits = load_digits()
    images = (digits.images / PIXEL_MAX).astype(np.float32)[:, np.newaxis]
    labels = digits.target.astype(np.int64)
    return train_test_split(
        images, labels, test_size=TEST_IMAGES, stratify=labels, random_state=SEED
    )


def shuffled_batches(count, rng):
    """Yield index arrays that visit `count` samples once, in full batches."""
    order = rng.permutation(count)
    for start in range(0, count - BATCH_SIZE + 1, BATCH_SIZE):
        yield order[start : start + BATCH_SIZE]


# --- Network ----------------------------------------------------------------


def pooled_side():
    """Return the height (and width) of what the classifier sees."""
    strides = math.prod(layer.stride for layer in CONV_LAYERS)
    return IMAGE_SIDE * ENLARGE // strides // POOL


def init_params(rng):
    """Return He-initialised weights and zero biases: {layer: (weight, bias)}."""

    def layer_params(*shape):
        fan_in = np.prod(shape[1:])
        weight = rng.normal(0.0, np.sqrt(2.0 / fan_in), shape)
        return weight.astype(np.float32), np.zeros(shape[0], np.float32)

    params = {}
    channels_in = 1
    for layer in CONV_LAYERS:
        params[layer.name] = layer_params(
            layer.channels, channels_in, layer.kernel, layer.kernel
        )
        channels_in = layer.channels
    features = channels_in * pooled_side() ** 2
    params["classifier"] = layer_params(CLASSES, features)
    return params


def max_pool(x):
    """Keep the largest value of every POOL x POOL tile."""
    count, channels, height, width = x.shape
    tiles = x.reshape(count, channels, height // POOL, POOL, width // POOL, POOL)
    return tiles.max(axis=(3, 5))


def forward(params, images):
    """Return the logits of a batch of 8x8 images."""
    x = images.repeat(ENLARGE, axis=2).repeat(ENLARGE, axis=3)
    for layer in CONV_LAYERS:
        weight, bias = params[layer.name]
        strides = [layer.stride] * 2
        padding = [(layer.padding, layer.padding)] * 2
        x = jax.lax.conv_general_dilated(x, weight, strides, padding)
        x = jax.nn.relu(x + bias[:, None, None])
    x = max_pool(x).reshape(len(x), -1)
    weight, bias = params["classifier"]
    return x @ weight.T + bias


# --- Training ---------------------------------------------------------------


def train(images, labels):
    """Train with Adam and a one-cycle schedule; return the parameters."""
    rng = np.random.default_rng(SEED)
    params = init_params(rng)
    steps = EPOCHS * (len(images) // BATCH_SIZE)
    optimizer = optax.adam(optax.cosine_onecycle_schedule(steps, PEAK_LEARNING_RATE))
    state = optimizer.init(params)

    def loss_of(params, images, labels):
        logits = forward(params, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    @jax.jit
    def step(params, state, images, labels):
        loss, gradients = jax.value_and_grad(loss_of)(params, images, labels)
        updates, state = optimizer.update(gradients, state)
        return optax.apply_updates(params, updates), state, loss

    for epoch in range(1, EPOCHS + 1):
        losses = []
        for batch in shuffled_batches(len(images), rng):
            params, state, loss = step(params, state, images[batch], labels[batch])
            losses.append(loss)
        print(f"epoch {epoch:2}/{EPOCHS}  loss {np.mean(losses):.4f}", flush=True)
    return params


# --- ONNX -------------------------------------------------------------------


class GraphWriter:
    """Collects the nodes and weights of an ONNX graph, one layer after another."""

    def __init__(self):
        self.nodes = []
        self.weights = []

    def constant(self, name, array):
        """Add a constant tensor and return its name."""
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, name, inputs, output=None, **attributes):
        """Add a node and return the name of its output."""
        output = output or f"{name}.out"
        self.nodes.append(helper.make_node(op, inputs, [output], name, **attributes))
        return output


def build_onnx(params):
    """Return the trained network as an ONNX model."""
    graph = GraphWriter()

    def weight_and_bias(name):
        weight, bias = params[name]
        return [
            graph.constant(f"{name}.weight", weight),
            graph.constant(f"{name}.bias", bias),
        ]

    scales = graph.constant("enlarge.scales", np.float32([1, 1, ENLARGE, ENLARGE]))
    x = graph.node(
        "Resize",
        "enlarge",
        ["image", "", scales],
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )
    for layer in CONV_LAYERS:
        x = graph.node(
            "Conv",
            layer.name,
            [x, *weight_and_bias(layer.name)],
            kernel_shape=[layer.kernel] * 2,
            strides=[layer.stride] * 2,
            pads=[layer.padding] * 4,
        )
        x = graph.node("Relu", f"{layer.name}_relu", [x])
    x = graph.node("MaxPool", "pool", [x], kernel_shape=[POOL] * 2, strides=[POOL] * 2)
    x = graph.node("Flatten", "flatten", [x])
    graph.node(
        "Gemm",
        "classifier",
        [x, *weight_and_bias("classifier")],
        output="logits",
        transB=1,
    )

    def float_tensor(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "digits",
            [float_tensor("image", "batch", 1, IMAGE_SIDE, IMAGE_SIDE)],
            [float_tensor("logits", "batch", CLASSES)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )


def save_model(model, path):
    """Check the model, sign it and write it."""
    model.producer_name = "nntop"
    model.producer_version = ""
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


class ImageReader(CalibrationDataReader):
    """Hands calibration images to the quantizer, one at a time."""

    def __init__(self, images):
        self.feeds = iter([{"image": image[np.newaxis]} for image in images])

    def get_next(self):
        return next(self.feeds, None)


def quantize(fp32_path, calibration_images):
    """Statically quantize a model: int8 weights per channel, int8 activations.

    The weights keep to 7 bits (reduce_range): x86 processors without VNNI add up
    pairs of products in 16 bits, and would saturate with all 8.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quantized = Path(folder) / "quantized.onnx"
        quant_pre_process(
            fp32_path, prepared, skip_optimization=True, skip_symbolic_shape=True
        )
        quantize_static(
            prepared,
            quantized,
            ImageReader(calibration_images),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
        return onnx.load(quantized)


# --- Evaluation -------------------------------------------------------------


def accuracy(path, images, labels):
    """Return the share of the images that the model at `path` labels rightly."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"image": images})
    return float(np.mean(logits.argmax(axis=1) == labels))


def report(path, images, labels):
    """Print the accuracy and the size of the model at `path`."""
    share = accuracy(path, images, labels)
    kilobytes = path.stat().st_size / 1000
    print(f"{path.name}  accuracy {share:.2%}  {kilobytes:.0f} kB")


def main():
    train_images, test_images, train_labels, test_labels = load_split()
    params = train(train_images, train_labels)

    save_model(build_onnx(params), FP32_PATH)
    save_model(quantize(FP32_PATH, train_images[:CALIBRATION_IMAGES]), INT8_PATH)
    np.savez_compressed(TEST_PATH, images=test_images, labels=test_labels)

    for path in (FP32_PATH, INT8_PATH):
        report(path, test_images, test_labels)


if __name__ == "__main__":
    main()
