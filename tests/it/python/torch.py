"""A stand-in for PyTorch: as much of it as nntop's worker asks for, and a model that does what its file says."""

import hashlib
import os
import sys
import time
import zipfile

__version__ = "0.0.1"
float32 = "torch.float32"
_threads = 3


def set_num_threads(n):
    global _threads
    _threads = n


def get_num_threads():
    return _threads


def set_float32_matmul_precision(_):
    pass


def set_grad_enabled(_):
    pass


class cuda:
    @staticmethod
    def is_available():
        return False


class Tensor:
    dtype = float32

    def __init__(self, data, shape):
        self.data, self.shape = data, shape

    def reshape(self, shape):
        return Tensor(self.data, shape)

    def to(self, _):
        return self


def frombuffer(data, dtype):
    return Tensor(data, [len(data) // 4])


def zeros(*shape):
    return Tensor(bytes(4), shape)


class _Type:
    def __init__(self, kind):
        self._kind = kind

    def kind(self):
        return self._kind

    def sizes(self):
        return None

    def scalarType(self):
        return None


class _Value:
    def __init__(self, name, kind):
        self._name, self._type = name, _Type(kind)

    def debugName(self):
        return self._name

    def type(self):
        return self._type


class _Graph:
    def inputs(self):
        return [_Value("self.1", "ClassType"), _Value("x.1", "TensorType")]


class Module:
    graph = _Graph()

    def __init__(self, behaviour):
        self.behaviour, self.calls = behaviour, 0

    def eval(self):
        return self

    def __call__(self, x):
        self.calls += 1
        if self.calls == 1:
            print("input", hashlib.sha256(bytes(x.data)).hexdigest(), file=sys.stderr, flush=True)
        what, _, number = self.behaviour.partition(" ")
        if what == "fail" and self.calls > int(number):
            raise RuntimeError("the stand-in was told to fail\nwith more to say")
        if what == "exit" and self.calls > int(number):
            os._exit(9)
        end = time.perf_counter_ns() + 200_000
        while time.perf_counter_ns() < end:
            pass
        return Tensor(x.data, [1, 2])


class jit:
    @staticmethod
    def load(path, map_location=None):
        with zipfile.ZipFile(path) as archive:
            behaviour = archive.read("net/code/behaviour").decode()
        if behaviour == "unloadable":
            raise RuntimeError("PytorchStreamReader failed")
        return Module(behaviour)
