"""nntop's worker for runtimes that are driven from Python: PyTorch (TorchScript, torch.export), ExecuTorch, and LiteRT's
Interpreter for models that its library refuses.

Speaks what every worker of nntop speaks: a line with its task, then orders, on standard input; events, a line each, on
descriptor 3. Times are CLOCK_MONOTONIC in nanoseconds, less the origin that the task names. Between the two clock reads
there is the call of the model and nothing else; on a GPU the call ends when its work has.

nntop itself starts this, by `python /dev/fd/4`, or becomes it (then its task is in NNTOP_SPEC_FD); it makes the inputs too (`NNTOP_PROGRAM inputs`), so that all engines
get the same bits.
"""

import gc
import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time

BEGUN = time.perf_counter_ns()
EVENTS = os.fdopen(3, "wb", buffering=0)
# Live samples of a block are thinned to about so many: the chart has fewer columns.
LIVE = 100
# A digest holds so many samples one by one, in the order measured, before it holds counts.
EXACT = 128
MEMORY_PERIOD = 1_000_000_000
# The most samples of a block.
CAPACITY = 1 << 20
OVERHEAD_CALLS = 1_000
# So much of the first inference's outputs is told.
MOST_OUTPUTS, MOST_VALUES = 16, 4_096


# How often this process was continued after a stop from outside (Ctrl-Z and fg).
CONTINUED = [0]


def count_continued(*_):
    CONTINUED[0] += 1


class Fault(Exception):
    """What goes wrong: one line, whose move it is, and what to do."""

    def __init__(self, message, hint=None, blame="input"):
        super().__init__(message)
        self.fault = {"blame": blame, "message": " ".join(str(message).split())}
        if hint:
            self.fault["hint"] = hint


def brief(error):
    """The line of an exception that says most: runtimes print whole stacks of C++ into theirs."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"


class Emitter:
    """Says events of one variant in one run."""

    def __init__(self, spec):
        self.origin = spec["clock_origin"]
        self.whose = {"variant": spec["slot"], "run": spec["run"]}

    def now(self):
        return time.perf_counter_ns() - self.origin

    def say(self, kind, **what):
        event = {"t": self.now(), "host": 0, "seq": 0, "kind": kind, **self.whose, **what}
        EVENTS.write((json.dumps(event, separators=(",", ":")) + "\n").encode())


# --- Memory -----------------------------------------------------------------------------------------------------------


def proc(name):
    """Sizes in bytes from a file of /proc/self."""
    sizes = {}
    try:
        with open(f"/proc/self/{name}") as file:
            for line in file:
                key, _, rest = line.partition(":")
                if rest.rstrip().endswith("kB"):
                    sizes[key] = int(rest.split()[0]) * 1024
    except OSError:
        pass
    return sizes


def memory():
    """Memory of this process; what cannot be read is absent."""
    status, rollup = proc("status"), proc("smaps_rollup")
    rss = status.get("VmRSS")
    # The kernel updates the peak lazily: it can lag behind what is resident right now.
    peak = max((size for size in (status.get("VmHWM"), rss) if size is not None), default=None)
    return {"pss": rollup.get("Pss"), "rss": rss, "peak": peak, "anonymous": status.get("RssAnon"), "mapped": status.get("RssFile")}


def reset_peak():
    """Makes the peak start anew (5 to clear_refs, proc(5)); where that is forbidden it is the whole process's."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


# --- Engines ----------------------------------------------------------------------------------------------------------


class Torch:
    """PyTorch: TorchScript archives and programs of torch.export."""

    title, no_profiler = "PyTorch", None

    def __init__(self, spec):
        try:
            import torch
        except ImportError as error:
            raise Fault(f"PyTorch cannot be imported by {sys.executable}: {error}", "nntop engine install torch, or --python PYTHON for one that has it")
        self.torch = torch
        options = spec["variant"]["options"]
        if options.get("threads"):
            torch.set_num_threads(options["threads"])
        # Said, not hidden: matrix products of float32 stay float32 unless somebody asks for less.
        torch.set_float32_matmul_precision("highest")
        torch.set_grad_enabled(False)
        asked = [p.lower() for p in options.get("providers") or ["cpu"]]
        self.device = asked[0]
        if self.device not in ("cpu", "cuda"):
            raise Fault(f"PyTorch has no device {asked[0]!r} that nntop knows", "--ep cpu or --ep cuda")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise Fault(f"PyTorch {torch.__version__} sees no GPU", "--ep cpu; on a PC with an NVIDIA GPU check nvidia-smi, and that this PyTorch was built for CUDA")

    def info(self):
        threads = self.torch.get_num_threads()
        return {"name": "torch", "version": str(self.torch.__version__), "providers": [self.device], "threads": threads, "library": self.torch.__file__, "profiler": "inference"}

    def load(self, path, options):
        """The inputs that the model takes."""
        shapes = options.get("shapes") or {}
        torch = self.torch
        try:
            if is_export(path):
                program = torch.export.load(path)
                self.module = program.module()
                inputs = self.export_inputs(program)
            else:
                # That TorchScript is on its way out is no news about this file.
                with silence():
                    self.module = torch.jit.load(path, map_location=self.device)
                self.module.eval()
                inputs = self.script_inputs(shapes, options.get("input") is not None)
            if self.device != "cpu":
                self.module.to(self.device)
        except Fault:
            raise
        except Exception as error:
            raise Fault(f"{path}: PyTorch {torch.__version__} cannot load it: {brief(error)}")
        return inputs

    def script_inputs(self, shapes, from_file):
        """TorchScript keeps names, and seldom types: what it does not say must be given."""
        ports = []
        for value in list(self.module.graph.inputs())[1:]:
            name, kind = value.debugName().split(".")[0], value.type()
            if kind.kind() != "TensorType":
                raise Fault(f"the model's input {name!r} is of type {kind}, and nntop feeds tensors only")
            sizes, dtype = kind.sizes(), None
            if kind.scalarType() if hasattr(kind, "scalarType") else None:
                dtype = SCALARS.get(kind.scalarType())
            if sizes is None and from_file:
                # The file says it.
                ports.append({"name": name, "dtype": dtype or "unknown", "shape": []})
                continue
            if sizes is None and name not in shapes:
                given = f"--shape {name}:1,3,224,224"
                raise Fault(f"TorchScript does not say the shape of its input {name!r}", f"give it: {given}, or a file with --input")
            # What was given counts as free: its first axis is the batch.
            dims = [f"{name}.{i}" for i in range(len(shapes[name]))] if name in shapes else [str(n) for n in sizes]
            ports.append({"name": name, "dtype": dtype or "unknown", "shape": dims})
        return ports

    def export_inputs(self, program):
        """A program says them with types; an axis that is free has the name of its symbol."""
        wanted = set(program.graph_signature.user_inputs)
        ports = []
        for node in program.graph.nodes:
            if node.op != "placeholder" or node.name not in wanted:
                continue
            value = node.meta.get("val")
            if not isinstance(value, self.torch.Tensor):
                raise Fault(f"the model's input {node.name!r} is no tensor, and nntop feeds tensors only")
            dims = [str(n) if isinstance(n, int) else f"{n}" for n in value.shape]
            ports.append({"name": node.name, "dtype": str(value.dtype).split(".")[-1], "shape": dims})
        return ports

    def bind(self, tensors):
        """What one inference is."""
        inputs = [self.tensor(t).to(self.device) for t in tensors]
        module = self.module
        if self.device == "cuda":
            wait = self.torch.cuda.synchronize

            def call():
                output = module(*inputs)
                wait()
                return output

        elif len(inputs) == 1:
            (only,) = inputs

            def call():
                return module(only)

        else:

            def call():
                return module(*inputs)

        return call

    def tensor(self, t):
        dtype = getattr(self.torch, t["dtype"], None)
        if dtype is None:
            raise Fault(f"input {t['name']!r}: PyTorch has no type {t['dtype']}")
        flat = self.torch.frombuffer(t["data"], dtype=dtype) if t["data"] else self.torch.empty(0, dtype=dtype)
        return flat.reshape(t["shape"])

    def outputs(self, output):
        return [{"name": f"output{i}", "dtype": str(t.dtype).split(".")[-1], "shape": [str(n) for n in t.shape]} for i, t in enumerate(self.flat(output))]

    def flat(self, output):
        """The tensors of an output, in order, out of whatever they are wrapped in."""
        if isinstance(output, self.torch.Tensor):
            return [output]
        if isinstance(output, dict):
            output = output.values()
        return [t for part in output for t in self.flat(part)] if hasattr(output, "__iter__") and not isinstance(output, str) else []

    def sample(self, i, tensor):
        """An output's values, or some at even distances, and the winner of each row of classes."""
        tensor = tensor.detach().cpu()
        flat = tensor.reshape(-1).to(self.torch.float64)
        step = max(-(-flat.numel() // MOST_VALUES), 1)
        kept = flat[::step].to(self.torch.float32).tolist()
        values = [x if math.isfinite(x) else None for x in kept]
        sample = {"name": f"output{i}", "shape": list(tensor.shape), "values": values, "step": step}
        if tensor.dim() == 2 and 2 <= tensor.shape[1] <= 1 << 20:
            sample["largest"] = tensor.argmax(1)[:MOST_VALUES].tolist()
        return sample

    def profiler(self):
        """PyTorch's own profiler; the agent reads what it writes."""
        from torch.profiler import ProfilerActivity, profile, record_function

        activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if self.device == "cuda" else [])
        return profile(activities=activities, record_shapes=True), record_function

    def calling_costs(self):
        """The least that a call from Python through PyTorch costs: a model that hands its input back."""
        torch = self.torch
        try:
            with silence():
                nothing = torch.jit.trace(lambda x: x, torch.zeros(1), check_trace=False)
        except Exception:
            return None
        x = torch.zeros(1)
        return least(lambda: nothing(x))


class ExecuTorch(Torch):
    """ExecuTorch's runtime through its Python package; programs as `.pte`."""

    title, no_profiler = "ExecuTorch", "ExecuTorch's Python package has no profiler"

    def __init__(self, spec):
        super().__init__(spec)
        import logging

        # That a type of torchao's will be registered otherwise one day is no news about this file.
        logging.getLogger("torch.utils._pytree").setLevel(logging.ERROR)
        try:
            from executorch.runtime import Runtime
        except ImportError as error:
            raise Fault(f"ExecuTorch cannot be imported by {sys.executable}: {error}", "nntop engine install executorch, or --python PYTHON for one that has it")
        if self.device != "cpu":
            raise Fault("a program of ExecuTorch runs where it was lowered to", "leave --ep out")
        self.runtime = Runtime.get()

    def info(self):
        import importlib.metadata as metadata

        backends = [name for name in self.runtime.backend_registry.registered_backend_names]
        # Its thread pool is the runtime's own: the Python package has no way to set it.
        return {"name": "executorch", "version": metadata.version("executorch"), "providers": ["cpu"], "threads": None, "library": sys.modules["executorch.runtime"].__file__, "profiler": "none", "backends": backends}

    def load(self, path, options):
        try:
            self.program = self.runtime.load_program(path)
            self.method = self.program.load_method("forward")
        except Exception as error:
            raise Fault(f"{path}: ExecuTorch cannot load it: {brief(error)}", "it may be damaged, or lowered by another version or for a backend that this package has not")
        if self.method is None:
            raise Fault(f"{path}: the program has no method \"forward\"")
        meta = self.method.metadata
        ports = []
        for i in range(meta.num_inputs()):
            about = meta.input_tensor_meta(i)
            dtype = TYPES.get(about.dtype())
            if dtype is None:
                raise Fault(f"{path}: its input {i} has a type that nntop does not feed ({about.dtype()})")
            ports.append({"name": f"input{i}", "dtype": dtype, "shape": [str(n) for n in about.sizes()]})
        return ports

    def bind(self, tensors):
        inputs, execute = tuple(self.tensor(t) for t in tensors), self.method.execute
        return lambda: execute(inputs)

    def calling_costs(self):
        return None


class LiteRt:
    """LiteRT's Interpreter: models with variable tensors, and with outputs whose size only an inference knows."""

    title, no_profiler = "LiteRT's binding", "LiteRT's Interpreter has no profiler that Python reaches"

    def __init__(self, spec):
        try:
            from ai_edge_litert import interpreter
            import numpy
        except ImportError as error:
            raise Fault(f"LiteRT's Interpreter cannot be imported by {sys.executable}: {error}", "nntop engine install litert-interpreter")
        self.module, self.numpy = interpreter, numpy
        options = spec["variant"]["options"]
        self.builtin = (options.get("kernels") or "xnnpack").lower() == "builtin"
        self.threads = options.get("threads") or 1

    def info(self):
        import importlib.metadata as metadata

        settings = {"kernels": "builtin" if self.builtin else "xnnpack", "api": "Interpreter, through Python"}
        return {"name": "litert", "version": metadata.version("ai-edge-litert"), "providers": ["cpu"], "threads": self.threads, "library": self.module.__file__, "profiler": "none", "settings": settings}

    def load(self, path, options):
        resolvers = self.module.OpResolverType
        resolver = resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES if self.builtin else resolvers.AUTO
        try:
            self.interpreter = self.module.Interpreter(model_path=path, num_threads=self.threads, experimental_op_resolver_type=resolver)
            self.inputs = self.interpreter.get_input_details()
        except Exception as error:
            raise Fault(f"{path}: LiteRT's Interpreter cannot load it: {brief(error)}")
        return [self.port(d, d["shape_signature"]) for d in self.inputs]

    def port(self, detail, shape):
        """Free axes have names of their own."""
        dims = [str(n) if n >= 0 else f"{detail['name']}.{i}" for i, n in enumerate(int(n) for n in shape)]
        return {"name": detail["name"], "dtype": self.numpy.dtype(detail["dtype"]).name, "shape": dims}

    def bind(self, tensors):
        interpreter, numpy = self.interpreter, self.numpy
        try:
            for detail, t in zip(self.inputs, tensors):
                if list(detail["shape"]) != t["shape"]:
                    interpreter.resize_tensor_input(detail["index"], t["shape"], strict=True)
            # Variable tensors begin at zero here, and keep from one inference to the next what the model writes into them.
            interpreter.allocate_tensors()
            for detail, t in zip(self.inputs, tensors):
                interpreter.set_tensor(detail["index"], numpy.frombuffer(t["data"], dtype=detail["dtype"]).reshape(t["shape"]))
        except Exception as error:
            raise Fault(f"LiteRT's Interpreter refuses the inputs: {brief(error)}", "leave the sizes that the model was converted with")
        return interpreter.invoke

    def outputs(self, output):
        return [self.port(d, t.shape) for d, t in zip(self.interpreter.get_output_details(), self.flat(output))]

    def flat(self, output):
        return [self.interpreter.get_tensor(d["index"]) for d in self.interpreter.get_output_details()]

    def sample(self, i, tensor):
        flat = tensor.reshape(-1)
        step = max(-(-flat.size // MOST_VALUES), 1)
        kept = flat[::step].astype(self.numpy.float32).tolist()
        sample = {"name": self.interpreter.get_output_details()[i]["name"], "shape": list(tensor.shape), "values": [x if math.isfinite(x) else None for x in kept], "step": step}
        if tensor.ndim == 2 and 2 <= tensor.shape[1] <= 1 << 20:
            sample["largest"] = tensor.argmax(1)[:MOST_VALUES].tolist()
        return sample

    def calling_costs(self):
        """A call through the same binding that does nothing but answer: how many operators there are."""
        try:
            call = self.interpreter._interpreter.NumNodes
            call()
        except Exception:
            return None
        return least(call)


# Names in TorchScript's types, and numbers in ExecuTorch's (c10::ScalarType).
SCALARS = {"Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool"}
TYPES = {0: "uint8", 1: "int8", 2: "int16", 3: "int32", 4: "int64", 5: "float16", 6: "float32", 7: "float64", 11: "bool", 15: "bfloat16"}
ENGINES = {"torch": Torch, "executorch": ExecuTorch, "litert": LiteRt}


def is_export(path):
    """Whether an archive is of torch.export and not of TorchScript; told by what lies in it."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise Fault(f"{path}: no archive of PyTorch: {error}")
    return not any(name.split("/")[1:2] == ["code"] or name.split("/")[-1] == "constants.pkl" for name in names)


class silence:
    """Keeps warnings of a runtime's own off the screen while something is tried."""

    def __enter__(self):
        import warnings

        self.caught = warnings.catch_warnings()
        self.caught.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, *what):
        self.caught.__exit__(*what)


# --- Inputs -----------------------------------------------------------------------------------------------------------


def inputs(variant, ports):
    """One tensor per input, made by nntop itself from the seed or the files that were given; the batch; and what they were made from."""
    asked = json.dumps({"variant": variant, "ports": ports}) + "\n"
    made = subprocess.run([os.environ["NNTOP_PROGRAM"], "inputs"], input=asked.encode(), stdout=subprocess.PIPE)
    head, _, rest = made.stdout.partition(b"\n")
    if made.returncode != 0 or not head:
        raise Fault("nntop could not make the inputs", blame="run")
    head = json.loads(head)
    if "fault" in head:
        fault = Fault("")
        fault.fault = head["fault"]
        raise fault
    at, tensors = 0, []
    for port in head["inputs"]:
        data = bytearray(rest[at : at + port["bytes"]])
        at += port["bytes"]
        tensors.append({**port, "data": data})
    return tensors, head["batch"], {"fed": head.get("fed"), "assumed": head.get("assumed", {})}


# --- Measuring --------------------------------------------------------------------------------------------------------


def time_block(call, inferences, duration, both):
    """Runs one block: when it began and ended, and the latency of each inference."""
    now, samples, ends = time.perf_counter_ns, [], []
    begun = now()
    while True:
        a = now()
        call()
        b = now()
        samples.append(b - a)
        ends.append(b)
        enough, long_enough = len(samples) >= inferences, b - begun >= duration
        if ((enough and long_enough) if both else (enough or long_enough)) or len(samples) >= CAPACITY:
            return begun, b, samples, ends


def digest(samples):
    """The latencies of a block: count, extremes and moments are exact; values are exact while they are few."""
    n = len(samples)
    mean = sum(samples) / n
    values = {"exact": samples} if n <= EXACT else {"sparse": sparse(samples)}
    return {"n": n, "min": min(samples), "max": max(samples), "mean": mean, "m2": sum((x - mean) ** 2 for x in samples), "values": values}


def sparse(samples):
    """Counts by value, ascending, to three significant digits, as an HDR histogram has them: the highest value of a bucket
    whose width is the power of two that leaves 1 024 or more of them below."""
    counts = {}
    for x in samples:
        shift = max(x.bit_length() - 11, 0)
        value = ((x >> shift) << shift) + (1 << shift) - 1
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts.items())


def thinned(samples, ends, origin):
    """The slowest of each stride: spikes are what one looks for."""
    stride = max(-(-len(samples) // LIVE), 1)
    kept = [max(range(i, min(i + stride, len(samples))), key=samples.__getitem__) for i in range(0, len(samples), stride)]
    return {"at": [ends[i] - origin for i in kept], "latency": [samples[i] for i in kept], "of": len(samples)}


def least(call):
    """What a call costs: the least of several blocks, since everything else that could happen only adds to it."""
    best = None
    for _ in range(5):
        begun, ended, _, _ = time_block(call, OVERHEAD_CALLS, float("inf"), False)
        cost = (ended - begun) // OVERHEAD_CALLS
        best = cost if best is None else min(best, cost)
    return best


def clock_step():
    """The smallest step of the clock that was seen."""
    now, least_step = time.perf_counter_ns, None
    for _ in range(100):
        a = b = now()
        while b == a:
            b = now()
        least_step = b - a if least_step is None else min(least_step, b - a)
    return least_step


def limits(order, count, busy):
    """The limits of the next block: its own length, or what is left of the turn."""
    left = None if order["inferences"] is None else max(order["inferences"] - count, 1)
    time_left = None if order["duration"] is None else max(order["duration"] - busy, 0)
    if order["both"]:
        # Warm-up and settling: short, so that one block does for the whole turn unless it is long.
        whole = time_left is not None and time_left <= order["block"]
        return (left or 1), (time_left if whole else order["block"]), whole
    return (left if left is not None else float("inf")), (order["block"] if time_left is None else min(time_left, order["block"])), False


def reached(order, count, busy):
    """Whether the turn is over."""
    enough = None if order["inferences"] is None else count >= order["inferences"]
    long_enough = None if order["duration"] is None else busy >= order["duration"]
    if order["both"] and enough is not None and long_enough is not None:
        return enough and long_enough
    return bool(enough) or bool(long_enough)


class Worker:
    """Loads, says so, and does what it is ordered."""

    def __init__(self, spec, emitter, orders, hold):
        self.spec, self.emitter, self.orders, self.hold = spec, emitter, orders, hold
        self.index, self.memory_read, self.measured = 0, 0, False

    def load(self):
        say, variant = self.emitter.say, self.spec["variant"]
        options = variant["options"]
        if options.get("cpus"):
            os.sched_setaffinity(0, options["cpus"])
        say("loading", stage="library")
        t_library = time.perf_counter_ns()
        engine = ENGINES[variant["engine"].split("=")[0]](self.spec)
        before = proc("status").get("VmRSS")
        say("loading", stage="read")
        t_read = time.perf_counter_ns()
        for path in [variant["model"], *self.spec.get("data_files", [])]:
            try:
                with open(path, "rb") as file:
                    while file.read(1 << 18):
                        pass
            except OSError as error:
                raise Fault(f"{path}: cannot be read: {error.strerror}")
        t_session = time.perf_counter_ns()
        say("loading", stage="session")
        ports = engine.load(variant["model"], options)
        t_inputs = time.perf_counter_ns()
        if isinstance(engine, ExecuTorch):
            # Its shapes were settled when it was lowered, and it knows no names: one for another variant is none for it.
            variant = {**variant, "options": {**options, "shapes": {}, "dims": {}}}
        tensors, batch, origin = inputs(variant, ports)
        t_inputs_end = time.perf_counter_ns()
        self.call = engine.bind(tensors)
        self.engine = engine
        t_first = time.perf_counter_ns()
        say("loading", stage="first_inference")
        begun = time.perf_counter_ns()
        try:
            output = self.call()
        except Exception as error:
            raise Fault(f"{variant['model']}: the first inference failed: {brief(error)}", "are the inputs' shapes and types those that it was made with? --shape NAME:1,3,224,224, --input FILE")
        done = time.perf_counter_ns()
        after = proc("status").get("VmRSS")
        spawned = self.spec["spawned"] + self.emitter.origin
        # Inputs are made by a process of nntop's own: no part of the start.
        making = t_inputs_end - t_inputs
        startup = {
            "process": max(BEGUN - spawned, 0),
            "library": t_read - t_library,
            "model_read": t_session - t_read,
            "session": t_first - t_session - making,
            "first_inference": done - begun,
            "total": done - spawned - making,
        }
        if self.spec.get("tell_outputs"):
            try:
                samples = [engine.sample(i, t) for i, t in enumerate(engine.flat(output)[:MOST_OUTPUTS])]
                say("outputs", tensors=samples)
            except Exception as error:
                # It can be measured all the same.
                print(f"its outputs cannot be compared: {brief(error)}", file=sys.stderr, flush=True)
        info = engine.info()
        backends = info.pop("backends", None)
        costs = engine.calling_costs()
        if costs is not None:
            info.setdefault("settings", {})["python call"] = f"{costs / 1e3:.1f} µs at least"
            print(f"a call from Python through {engine.title} costs {costs / 1e3:.1f} µs at least, which is part of every latency", file=sys.stderr, flush=True)
        if backends:
            print(f"ExecuTorch's backends here: {', '.join(backends)}", file=sys.stderr, flush=True)
        named = [{key: port[key] for key in ("name", "dtype")} | {"shape": [str(n) for n in port["shape"]]} for port in tensors]
        say(
            "ready",
            engine=info,
            startup=startup,
            model_memory=max(after - before, 0) if before is not None and after is not None else None,
            batch=batch,
            inputs=named,
            **origin,
            outputs=engine.outputs(output),
            clock_precision=clock_step(),
            loop_overhead=least(lambda: None),
        )
        # Nothing may tidy up between the two clock reads.
        del output
        gc.collect()
        gc.freeze()
        gc.disable()

    def turn(self, order):
        kind = order["kind"]
        if kind == "measure" and not self.measured:
            self.measured = True
            reset_peak()
        count = busy = 0
        while True:
            n, duration, both = limits(order, count, busy)
            block = self.block(kind, n, duration, both)
            count, busy = count + block[0], busy + block[1]
            if kind == "measure" and time.perf_counter_ns() - self.memory_read >= MEMORY_PERIOD:
                self.say_memory()
            if self.hold.is_set() or reached(order, count, busy):
                break
        if kind == "measure":
            self.say_memory()
        gc.collect()
        self.emitter.say("turn_done")

    def block(self, kind, inferences, duration, both):
        origin = self.emitter.origin
        continued = CONTINUED[0]
        try:
            t0, t1, samples, ends = time_block(self.call, inferences, duration, both)
        except Exception as error:
            raise Fault(f"{self.spec['variant']['name']}: an inference failed: {brief(error)}", blame="run")
        if kind != "profile":
            self.emitter.say("samples", **thinned(samples, ends, origin))
        # Stopped within it, it says nothing about the model: it is passed on as one that settles, and measured anew.
        stopped = CONTINUED[0] != continued and kind != "profile"
        self.emitter.say("block", index=self.index, phase="settle" if stopped else kind, t0=t0 - origin, t1=t1 - origin, drops=0, latency=digest(samples))
        self.index += 1
        return (0, 0) if stopped else (len(samples), t1 - t0)

    def say_memory(self):
        self.memory_read = time.perf_counter_ns()
        self.emitter.say("memory", **memory())

    def profile(self, order):
        try:
            profiler, record_function = self.engine.profiler()
        except Exception as error:
            return self.emitter.say("profiled", found={"nothing": f"PyTorch's profiler cannot be used: {brief(error)}"})
        call, steps = self.call, 0

        def step():
            nonlocal steps
            steps += 1
            with record_function(f"ProfilerStep#{steps}"):
                return call()

        self.call = step
        try:
            with profiler:
                self.block("profile", order["inferences"], order["duration"], False)
            profiler.export_chrome_trace(os.path.join(order["folder"], "trace.json"))
        finally:
            self.call = call
        del profiler
        gc.collect()
        self.emitter.say("profiled", found={"files": {"skip": 0}})

    def serve(self):
        self.load()
        while True:
            order = self.orders.get()
            if order == "hold":
                continue
            if "turn" in order:
                self.turn(order["turn"])
            elif "profile" in order:
                if self.engine.no_profiler:
                    self.emitter.say("profiled", found={"nothing": self.engine.no_profiler})
                else:
                    self.profile(order["profile"])


def listen(orders, hold):
    """Reads orders on a thread of its own, which sleeps while there are none. When they end, so does the process, whatever
    the runtime is doing: nobody is left to measure for."""
    for line in sys.stdin:
        try:
            order = json.loads(line)
        except ValueError:
            continue
        # Both here, in the order in which they came: a hold on the heels of its turn must not be lost.
        if order == "hold":
            hold.set()
        else:
            hold.clear()
            orders.put(order)
    os._exit(0)


def main():
    signal.signal(signal.SIGCONT, count_continued)
    task = os.environ.get("NNTOP_SPEC_FD")
    if task:
        with open(f"/dev/fd/{task}") as file:
            line = file.read()
    else:
        line = sys.stdin.readline()
    spec = json.loads(line)
    emitter = Emitter(spec)
    orders, hold = queue.SimpleQueue(), threading.Event()
    threading.Thread(target=listen, args=(orders, hold), daemon=True).start()
    try:
        Worker(spec, emitter, orders, hold).serve()
    except Fault as fault:
        error = fault.fault
    except MemoryError:
        error = Fault("Python ran out of memory", blame="run").fault
    emitter.say("finished", outcome={"status": "failed", "error": error})
    sys.stderr.flush()
    # The end must not wait for destructors of a runtime that has just failed.
    os._exit(1)


if __name__ == "__main__":
    main()
