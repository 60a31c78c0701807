//! `[NAME:]PATH[,key=value]...`: a model with settings of its own.

use super::grid::Grid;
use super::names::{is_synthetic, split_name};
use super::run_args::RunArgs;
use super::{edge, every_engine};
use nntop_core::catalog::{EngineId, EngineKind};
use nntop_core::event::{Fault, Sweep, VariantSpec, name_of};
use nntop_core::settings::{self, Row, Setting};
use std::path::Path;

/// More variants than this fit on no screen and in no head: each of them is loaded while it waits for its turn.
pub(super) const MOST: usize = 26;

/// The points of a sweep are loaded one after the other: as many as there are slots.
pub(super) const MOST_POINTS: usize = 256;

/// What the command line asks for.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The variants, named apart.
    pub(super) variants: Vec<VariantSpec>,
    /// The grid whose points they are, where there is one.
    pub(super) sweep: Option<Sweep>,
}

/// The variants that the command line asks for, `most` of them where there is a grid.
pub(super) fn variants(args: &RunArgs, most: usize) -> Result<Gathered, Fault> {
    let mut texts = args.model.clone();
    texts.extend(args.models.as_deref().map(split_list).unwrap_or_default());
    if let Some(engine) = args.settings.get(Setting::Engine).filter(|e| texts.is_empty() && is_synthetic(e)) {
        texts.push(engine.to_owned());
    }
    if texts.is_empty() {
        return Err(Fault::input("no model given").hint("nntop MODEL.onnx, or nntop demo for the bundled ones"));
    }
    let grid = Grid::of(&args.settings);
    if texts.len() > MOST {
        return Err(Fault::input(format!("{} models given; at most {MOST} can be measured together", texts.len())));
    }
    let mut specs = texts.iter().map(|t| variant(t, args)).collect::<Result<Vec<_>, _>>()?;
    specs.iter_mut().try_for_each(edge::put_into)?;
    args.host.check(&specs, every_engine::ALL)?;
    let mut specs = every_engine::expand(specs)?;
    if specs.len() > MOST {
        let count = specs.len();
        return Err(Fault::input(format!(
            "--engine all makes {count} variants; at most {MOST} can be measured together"
        ))
        .hint("name some of them: MODEL,engine=NAME MODEL,engine=NAME"));
    }
    make_names_unique(&mut specs);
    let points = grid.points(&specs);
    if points > most {
        return Err(too_many(points, most));
    }
    let (mut variants, sweep) = grid.expand(specs)?;
    make_names_unique(&mut variants);
    Ok(Gathered { variants, sweep })
}

fn too_many(points: usize, most: usize) -> Fault {
    let fault = Fault::input(format!("the lists make {points} variants; at most {most} can be measured in one run"));
    fault.hint(if most < MOST_POINTS && points <= MOST_POINTS {
        format!("nntop bench measures up to {MOST_POINTS} of them, one after the other")
    } else {
        "give fewer values, or split them into several runs".into()
    })
}

/// `a:x.onnx,threads=2,b:y.onnx`: a part with `key=value` belongs to the model before it.
pub(super) fn split_list(list: &str) -> Vec<String> {
    let mut models: Vec<String> = Vec::new();
    for part in list.split(',').filter(|p| !p.is_empty()) {
        match models.last_mut() {
            Some(last) if is_setting(part) => *last = format!("{last},{part}"),
            _ => models.push(part.trim().to_owned()),
        }
    }
    models
}

fn is_setting(part: &str) -> bool {
    // A provider's name may stand before a key of its own.
    let part = part.strip_prefix("ep-option.").map_or(part, |own| own.split_once(':').map_or(own, |(_, key)| key));
    part.split_once('=').is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
}

fn variant(text: &str, args: &RunArgs) -> Result<VariantSpec, Fault> {
    let (name, rest) = split_name(text);
    let mut spec = VariantSpec {
        name: name.clone().unwrap_or_default(),
        scenario: args.scenario.scenario()?,
        ..VariantSpec::default()
    };
    args.settings.put_into(&mut spec).map_err(Fault::input)?;
    if is_synthetic(rest) {
        // Its own settings are separated by commas, too.
        spec.engine = rest.into();
        spec.model = rest.to_owned();
        spec.name = name.unwrap_or_else(|| spec.engine.name().to_owned());
        return Ok(spec);
    }
    let mut parts = rest.split(',');
    let mut path = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if is_setting(part) {
            set(&mut spec, part).map_err(|why| {
                Fault::input(format!("{text}: {part:?}: {why}")).hint(format!("keys: {}", settings::keys()))
            })?;
        } else {
            // A comma in a file's name.
            path = format!("{path},{part}");
        }
    }
    if path.is_empty() {
        return Err(Fault::input(format!("{text:?} is not a model file")).hint("[NAME:]PATH[,key=value]..."));
    }
    if spec.name.is_empty() {
        spec.name = name_of(Path::new(&path));
    }
    if spec.engine.is_empty() {
        spec.engine = EngineKind::for_file(Path::new(&path)).into();
    }
    spec.model = path;
    Ok(spec)
}

/// Sets what a part of a model's text says: `threads=2`.
fn set(spec: &mut VariantSpec, part: &str) -> Result<(), String> {
    let (key, value) = part.split_once('=').unwrap_or((part, ""));
    let (row, name) = Row::of_key(key).ok_or("unknown key")?;
    row.set(spec, name, value)
}

/// Variants of one name get that of their engine, or a number, behind it.
fn make_names_unique(specs: &mut [VariantSpec]) {
    let given: Vec<(String, EngineId)> = specs.iter().map(|s| (s.name.clone(), s.engine.clone())).collect();
    for (spec, (name, engine)) in specs.iter_mut().zip(&given) {
        let same_name: Vec<&EngineId> = given.iter().filter(|(n, _)| n == name).map(|(_, engine)| engine).collect();
        let has_own_engine = same_name.iter().filter(|other| *other == &engine).count() == 1;
        if same_name.len() > 1 && has_own_engine && !engine.is_empty() && !engine.is(EngineKind::Synthetic) {
            spec.name = format!("{name} {engine}");
        }
    }
    for i in 1..specs.len() {
        let mut name = specs[i].name.clone();
        let mut n = 1;
        while specs[..i].iter().any(|s| s.name == name) {
            n += 1;
            name = format!("{} #{n}", specs[i].name);
        }
        specs[i].name = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;
    use nntop_core::event::GraphOptimization;

    fn read(words: &[&str]) -> Result<Vec<VariantSpec>, Fault> {
        variants(&Cli::parse_from([&["nntop"], words].concat()).run, MOST).map(|gathered| gathered.variants)
    }

    fn names(words: &[&str]) -> Vec<(String, String)> {
        read(words).unwrap().into_iter().map(|s| (s.name, s.model)).collect()
    }

    #[test]
    fn models_have_names() {
        let expect = |words: &[&str], pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            assert_eq!(names(words), pairs);
        };
        expect(&["a/squeezenet.onnx"], &[("squeezenet", "a/squeezenet.onnx")]);
        expect(&["mnist-8/model.onnx"], &[("mnist-8", "mnist-8/model.onnx")]);
        expect(&["fp32:a.onnx", "int8:b.onnx"], &[("fp32", "a.onnx"), ("int8", "b.onnx")]);
        expect(&["a.onnx", "a.onnx"], &[("a", "a.onnx"), ("a #2", "a.onnx")]);
        // Of two engines each is named, and of two settings of one engine the second has a number.
        expect(
            &["a.onnx,engine=onnxruntime", "a.onnx,engine=openvino==2026.4.1"],
            &[("a onnxruntime", "a.onnx"), ("a openvino==2026.4.1", "a.onnx")],
        );
        expect(
            &["a.onnx,engine=openvino", "a.onnx,engine=openvino,precision=f32"],
            &[("a", "a.onnx"), ("a #2", "a.onnx")],
        );
        expect(&["--models", "a:x.onnx,b:y.onnx"], &[("a", "x.onnx"), ("b", "y.onnx")]);
        expect(&["./C:a.onnx"], &[("C:a", "./C:a.onnx")]);
    }

    #[test]
    fn a_variant_has_settings_of_its_own() {
        let specs =
            read(&["--threads", "4", "a.onnx", "b.onnx,threads=2,ep=cuda+cpu,dim.N=8,graph-opt=basic,cpus=0+2-3"])
                .unwrap();
        assert_eq!((specs[0].options.threads, specs[1].options.threads), (Some(4), Some(2)));
        assert_eq!(specs[1].options.providers, ["cuda", "cpu"]);
        assert_eq!(specs[1].options.dims["N"], 8);
        assert_eq!((&specs[0].options.cpus[..], &specs[1].options.cpus[..]), (&[][..], &[0, 2, 3][..]));
        assert_eq!(specs[1].options.graph_optimization, GraphOptimization::Basic);
        let list = read(&["--models", "a:x.onnx,threads=3,b:y.onnx"]).unwrap();
        assert_eq!((list.len(), list[0].options.threads, list[1].options.threads), (2, Some(3), None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read(&["a.onnx,colour=red"]).unwrap_err().message.contains("colour"));
        assert!(read(&["a.onnx,threads=none"]).unwrap_err().message.contains("threads"));
        assert!(read(&[]).unwrap_err().message.contains("no model"));
    }

    #[test]
    fn a_synthetic_engine_needs_no_model() {
        let specs = read(&["--engine", "synthetic:normal,median=1ms"]).unwrap();
        assert_eq!(
            (specs[0].name.as_str(), specs[0].engine.clone()),
            ("synthetic", "synthetic:normal,median=1ms".into())
        );
        let specs = read(&["slow:synthetic:constant,median=5ms", "fast:synthetic:constant"]).unwrap();
        assert_eq!((specs[0].name.as_str(), specs[1].engine.clone()), ("slow", "synthetic:constant".into()));
    }
}
