//! The rows.

use super::{Goes, Group, Row, Setting, Values, whole};
use crate::event::GraphOptimization;
use crate::unit::{parse, ranges};
use std::collections::BTreeMap;
use std::fmt::Display;

/// No machine has more CPUs.
const MOST_CPUS: usize = 4_096;

/// What most rows have.
const ROW: Row = Row {
    setting: Setting::Engine,
    flag: "",
    short: None,
    alias: None,
    hidden: &[],
    key: "",
    value_name: "NAME",
    values: Values::One,
    choices: &[],
    group: Group::Engine,
    is_rare: false,
    help: "",
    more: "",
    title: "",
    default: "default",
    phrase: "",
    goes: Goes::Engine,
};

/// Every setting, in the order of [`Setting`].
pub static ROWS: [Row; 23] = [
    Row {
        setting: Setting::Engine,
        flag: "engine",
        key: "engine",
        help: "Engine, with ==VERSION to choose one; all is every installed one that reads the file [default: by the file's ending]",
        title: "engine",
        ..ROW
    },
    Row {
        setting: Setting::Library,
        is_rare: true,
        flag: "engine-path",
        alias: Some("python"),
        key: "engine-path",
        value_name: "PATH",
        help: "The engine's library, or the folder that holds it; for torch and executorch a Python interpreter [default: searched for, see nntop doctor]",
        title: "library",
        goes: Goes::Options { set: |o, _, value| text(&mut o.library, value), shown: |o| o.library.clone() },
        ..ROW
    },
    Row {
        setting: Setting::Threads,
        flag: "threads",
        key: "threads",
        value_name: "N,...",
        values: Values::Grid,
        help: "Threads for one operator; several (1,2,4) make a grid [default: engine default]",
        title: "threads",
        goes: Goes::Options {
            set: |o, _, value| whole(value, 1_024, "threads").map(|n| o.threads = Some(n as usize)),
            shown: |o| number(o.threads),
        },
        ..ROW
    },
    Row {
        setting: Setting::Providers,
        flag: "ep",
        key: "ep",
        value_name: "NAME,...",
        values: Values::List,
        help: "Execution providers, first choice first: cpu, cuda, tensorrt, openvino, xnnpack, acl, qnn, coreml, rknpu ... [default: cpu]",
        more: "One that does not start is an error: nntop does not fall back silently. Behind a model's path + separates them: ep=cuda+cpu.",
        title: "ep",
        goes: Goes::Options {
            set: |o, _, value| {
                let names = value.split([',', '+']).map(str::trim);
                o.providers = names.map(text_of).collect::<Result<_, _>>()?;
                Ok(())
            },
            shown: |o| (!o.providers.is_empty()).then(|| o.providers.join("+")),
        },
        ..ROW
    },
    Row {
        setting: Setting::ProviderOptions,
        is_rare: true,
        flag: "ep-option",
        key: "ep-option",
        value_name: "[EP:]KEY=VALUE",
        values: Values::Named,
        help: "An option of the first execution provider, by the provider's own names (trt_dla_enable=1), or of another one (cuda:use_tf32=0); repeatable",
        title: "ep option",
        goes: Goes::Options {
            set: |o, name, value| {
                o.provider_options.insert(name.into(), value.into());
                Ok(())
            },
            shown: |o| pairs(&o.provider_options),
        },
        ..ROW
    },
    Row {
        setting: Setting::ProviderLibraries,
        is_rare: true,
        flag: "ep-library",
        key: "ep-library",
        value_name: "NAME=PATH",
        values: Values::Named,
        help: "A library that brings an execution provider (a plugin), for --ep NAME; repeatable; from ONNX Runtime 1.22 on",
        title: "ep library",
        goes: Goes::Options {
            set: |o, name, value| {
                o.provider_libraries.insert(name.into(), text_of(value)?);
                Ok(())
            },
            shown: |o| pairs(&o.provider_libraries),
        },
        ..ROW
    },
    Row {
        setting: Setting::SessionOptions,
        is_rare: true,
        flag: "session-option",
        key: "session-option",
        value_name: "KEY=VALUE",
        values: Values::Named,
        help: "An option of the session, by ONNX Runtime's own names (session.set_denormal_as_zero=1); repeatable",
        more: "Those that have no name there: inter-op-threads=N, execution-mode=sequential|parallel, arena=on|off, memory-pattern=on|off, \
               optimized-model=PATH (writes the model as ONNX Runtime has rewritten it).",
        title: "session option",
        phrase: "{}",
        goes: Goes::Options {
            set: |o, name, value| {
                o.session_options.insert(name.into(), text_of(value)?);
                Ok(())
            },
            shown: |o| pairs(&o.session_options),
        },
        ..ROW
    },
    Row {
        setting: Setting::Device,
        flag: "device",
        key: "device",
        help: "Device: CPU, GPU, GPU.1, NPU, AUTO, HETERO:GPU,CPU [default: CPU]",
        more: "Behind a model's path + stands for the comma: device=HETERO:GPU+CPU.",
        title: "device",
        goes: Goes::Options {
            set: |o, _, value| text(&mut o.device, &value.replace('+', ",")),
            shown: |o| o.device.clone(),
        },
        ..ROW
    },
    Row {
        setting: Setting::Hint,
        is_rare: true,
        flag: "hint",
        key: "hint",
        value_name: "HINT",
        help: "Performance hint: latency, throughput or cumulative_throughput [default: engine default]",
        title: "hint",
        goes: Goes::Options { set: |o, _, value| text(&mut o.hint, value), shown: |o| o.hint.clone() },
        ..ROW
    },
    Row {
        setting: Setting::Streams,
        is_rare: true,
        flag: "num-streams",
        key: "num-streams",
        value_name: "N",
        help: "Inferences that one model runs at once [default: engine default]",
        title: "streams",
        goes: Goes::Options {
            set: |o, _, value| whole(value, 1_024, "streams").map(|n| o.num_streams = Some(n as u32)),
            shown: |o| number(o.num_streams),
        },
        ..ROW
    },
    Row {
        setting: Setting::Properties,
        is_rare: true,
        flag: "property",
        key: "property",
        value_name: "KEY=VALUE",
        values: Values::Named,
        help: "A property that the model is compiled with, by the engine's own names (ENABLE_CPU_PINNING=NO); repeatable",
        title: "property",
        phrase: "{}",
        goes: Goes::Options {
            set: |o, name, value| {
                o.properties.insert(name.into(), text_of(value)?);
                Ok(())
            },
            shown: |o| pairs(&o.properties),
        },
        ..ROW
    },
    Row {
        setting: Setting::Precision,
        is_rare: true,
        flag: "precision",
        hidden: &["infer-precision"],
        key: "precision",
        value_name: "TYPE",
        help: "Precision to compute in: f32, f16, bf16; tensorrt f16, bf16, int8; cuda f32, tf32 [default: engine default, which is shown]",
        title: "precision",
        goes: Goes::Options { set: |o, _, value| text(&mut o.precision, value), shown: |o| o.precision.clone() },
        ..ROW
    },
    Row {
        setting: Setting::Kernels,
        is_rare: true,
        flag: "kernels",
        key: "kernels",
        help: "Kernels on the CPU: xnnpack or builtin [default: xnnpack]",
        title: "kernels",
        goes: Goes::Options { set: |o, _, value| text(&mut o.kernels, value), shown: |o| o.kernels.clone() },
        ..ROW
    },
    Row {
        setting: Setting::GraphOptimization,
        is_rare: true,
        flag: "graph-opt",
        key: "graph-opt",
        value_name: "LEVEL",
        choices: &[
            ("disable", "Not at all"),
            ("basic", "Constant folding, redundant nodes"),
            ("extended", "Also fusions"),
            ("all", "Also layouts"),
        ],
        help: "How far the runtime may rewrite the graph [default: all]",
        title: "graph optimisation",
        default: "all",
        goes: Goes::Options {
            set: |o, _, value| {
                let found = LEVELS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
                let names = || LEVELS.map(|(name, _)| name).join(", ");
                o.graph_optimization = found.ok_or_else(|| format!("expected one of {}", names()))?.1;
                Ok(())
            },
            shown: |o| {
                let is_set = o.graph_optimization != GraphOptimization::default();
                let found = LEVELS.into_iter().find(|(_, level)| is_set && *level == o.graph_optimization);
                found.map(|(name, _)| name.into())
            },
        },
        ..ROW
    },
    Row {
        setting: Setting::Batch,
        flag: "batch-size",
        short: Some('b'),
        key: "batch",
        value_name: "N,...",
        values: Values::Grid,
        group: Group::Inputs,
        help: "Samples per inference, where the first axis is free; several (1,8,32) make a grid [default: 1]",
        title: "batch",
        goes: Goes::Options {
            set: |o, _, value| whole(value, u64::MAX, "samples").map(|n| o.batch = Some(n)),
            shown: |o| number(o.batch),
        },
        ..ROW
    },
    Row {
        setting: Setting::Dim,
        flag: "dim",
        key: "dim",
        value_name: "NAME=N,...",
        values: Values::NamedGrid,
        group: Group::Inputs,
        help: "Size of a named free axis (repeatable); several (NAME=1,8) make a grid",
        title: "dim",
        goes: Goes::Options {
            set: |o, name, value| {
                let size = parse::count(value).map_err(|_| "expected NAME=N, such as batch=8 or batch=1,8,32")?;
                o.dims.insert(name.into(), size);
                Ok(())
            },
            shown: |o| pairs(&o.dims),
        },
        ..ROW
    },
    Row {
        setting: Setting::Shape,
        is_rare: true,
        flag: "shape",
        key: "shape",
        value_name: "INPUT:1,3,224,224",
        values: Values::Named,
        group: Group::Inputs,
        help: "The whole shape of an input (repeatable)",
        more: "Behind a model's path x stands for the commas: shape.INPUT=1x3x224x224.",
        title: "shape",
        goes: Goes::Options {
            set: |o, name, value| {
                let sizes = value.split([',', 'x']).filter(|d| !d.is_empty()).map(parse::count);
                let sizes = sizes.collect::<Result<_, _>>().map_err(|_| "expected INPUT:1,3,224,224")?;
                o.shapes.insert(name.into(), sizes);
                Ok(())
            },
            shown: |o| {
                let one = |(name, sizes): (&String, &Vec<u64>)| {
                    let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
                    format!("{name}:{}", sizes.join("×"))
                };
                (!o.shapes.is_empty()).then(|| o.shapes.iter().map(one).collect::<Vec<_>>().join(" "))
            },
        },
        ..ROW
    },
    Row {
        setting: Setting::Input,
        flag: "input",
        key: "input",
        value_name: "FILE",
        group: Group::Inputs,
        help: "Input values: .npy, .npz, .pb, or a folder with input_0.pb ... or images [default: random values]",
        title: "input",
        goes: Goes::Options { set: |o, _, value| text(&mut o.input, value), shown: |o| o.input.clone() },
        ..ROW
    },
    Row {
        setting: Setting::Seed,
        is_rare: true,
        flag: "seed",
        key: "seed",
        value_name: "N",
        group: Group::Inputs,
        help: "Seed of random inputs, and of a server's arrivals [default: 0]",
        title: "seed",
        default: "0",
        goes: Goes::Options {
            set: |o, _, value| parse::count(value).map(|n| o.seed = n).map_err(|e| e.to_string()),
            shown: |o| (o.seed != 0).then(|| o.seed.to_string()),
        },
        ..ROW
    },
    Row {
        setting: Setting::Edge,
        flag: "edge",
        key: "edge",
        value_name: "BOARD|FILE.toml",
        group: Group::Limits,
        help: "Simulate a board's limits: pi4, pi5, nano, orin-nano (its cores and memory), or a file's",
        more: "The cores of this machine stay as fast as they are: it shows what fits, not how fast the board would be. A file has \
               the keys cpus, cpu-quota and memory-limit. Limits that are given apart come first.",
        title: "simulated edge",
        phrase: "with the limits of {}",
        goes: Goes::Options {
            set: |o, _, value| text(&mut o.edge, value),
            shown: |o| o.edge.as_ref().map(|edge| format!("{edge} (simulation)")),
        },
        ..ROW
    },
    Row {
        setting: Setting::Cpus,
        flag: "cpus",
        key: "cpus",
        value_name: "LIST",
        group: Group::Limits,
        help: "Run the model on these CPUs only: 0-1,3",
        more: "It gets as many threads as CPUs unless --threads says otherwise. Behind a model's path + separates them: cpus=0+2.",
        title: "cpus",
        phrase: "CPU {}",
        goes: Goes::Options {
            set: |o, _, value| parse::ranges(value, MOST_CPUS - 1).map(|cpus| o.cpus = cpus).map_err(|e| e.to_string()),
            shown: |o| (!o.cpus.is_empty()).then(|| ranges(&o.cpus)),
        },
        ..ROW
    },
    Row {
        setting: Setting::CpuQuota,
        flag: "cpu-quota",
        key: "cpu-quota",
        value_name: "PERCENT",
        group: Group::Limits,
        help: "CPU limit in percent of one core: 50%, 150% (control groups)",
        title: "CPU quota",
        phrase: "at most {} of a CPU",
        goes: Goes::Options {
            set: |o, _, value| {
                // The kernel takes no less than one.
                let limits = 1.0..=100.0 * MOST_CPUS as f64;
                let percent = parse::percent(value).ok().filter(|percent| limits.contains(percent));
                o.cpu_quota = Some(percent.ok_or("expected percent of one CPU, at least 1, such as 50% or 150%")?);
                Ok(())
            },
            shown: |o| o.cpu_quota.map(|percent| format!("{percent} %")),
        },
        ..ROW
    },
    Row {
        setting: Setting::MemoryLimit,
        flag: "memory-limit",
        key: "memory-limit",
        value_name: "SIZE",
        group: Group::Limits,
        help: "Memory limit, without swap: 256M, 1.5GB (control groups)",
        more: "K, M, G and KiB, MiB, GiB are powers of 1024; kB, MB, GB are powers of 1000, here and everywhere.",
        title: "memory limit",
        phrase: "at most {}",
        goes: Goes::Options {
            set: |o, _, value| {
                let size = parse::bytes(value).map_err(|e| e.to_string())?;
                if size.0 == 0 {
                    return Err("expected a size above zero, such as 256M or 1GB".into());
                }
                o.memory_limit = Some(size);
                Ok(())
            },
            shown: |o| o.memory_limit.map(|size| size.to_string()),
        },
        ..ROW
    },
];

/// ONNX Runtime's names.
const LEVELS: [(&str, GraphOptimization); 4] = [
    ("disable", GraphOptimization::Disable),
    ("basic", GraphOptimization::Basic),
    ("extended", GraphOptimization::Extended),
    ("all", GraphOptimization::All),
];

fn text(place: &mut Option<String>, value: &str) -> Result<(), String> {
    *place = Some(text_of(value)?);
    Ok(())
}

fn text_of(value: &str) -> Result<String, String> {
    if value.is_empty() { Err("expected a value".into()) } else { Ok(value.to_owned()) }
}

fn number(value: Option<impl Display>) -> Option<String> {
    value.map(|n| n.to_string())
}

/// `N=1 len=8`.
fn pairs(map: &BTreeMap<String, impl Display>) -> Option<String> {
    let pairs: Vec<String> = map.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!pairs.is_empty()).then(|| pairs.join(" "))
}
