//! Lists of settings (`--batch-size 1,8 --threads 1,2 --dim N=1,4`): every combination of them is a variant.

use super::settings::Settings;
use nntop_core::event::{Fault, Sweep, SweepAxis, VariantSpec};

/// The settings that were given more than one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid(Vec<SweepAxis>);

impl Grid {
    /// What the command line asks for.
    pub(super) fn of(settings: &Settings) -> Self {
        let mut axes = settings.axes();
        axes.retain(|axis| axis.values.len() > 1);
        Self(axes)
    }

    /// As it was typed, without the models' own settings.
    fn typed(axis: &SweepAxis) -> String {
        let values = axis.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        match axis.dim() {
            Some(name) => format!("--dim {name}={values}"),
            None => format!("--{} {values}", axis.name.replace('_', "-")),
        }
    }

    /// The axes that are open for a model: what it has settled for itself stays as it is.
    fn open<'a>(&'a self, spec: &'a VariantSpec) -> impl Iterator<Item = &'a SweepAxis> {
        self.0.iter().filter(|axis| axis.of(&spec.options).is_none())
    }

    /// How many variants the models become.
    pub(super) fn points(&self, specs: &[VariantSpec]) -> usize {
        let of = |spec| self.open(spec).fold(1, |n: usize, axis| n.saturating_mul(axis.values.len()));
        specs.iter().map(of).fold(0, usize::saturating_add)
    }

    /// Every model at every point that is open for it, model by model, the last axis fastest; with the sweep that
    /// this is. `None` where no model has an open axis.
    pub(super) fn expand(&self, specs: Vec<VariantSpec>) -> Result<(Vec<VariantSpec>, Option<Sweep>), Fault> {
        if specs.iter().all(|spec| self.open(spec).next().is_none()) {
            return Ok((specs, None));
        }
        let sweep = Sweep { axes: self.0.clone() };
        let mut all = Vec::new();
        for spec in specs {
            self.check(&spec)?;
            let mut points = vec![spec.clone()];
            for axis in self.open(&spec) {
                let at = |point: &VariantSpec, value: &u64| {
                    let mut point = point.clone();
                    axis.set(&mut point.options, *value);
                    point
                };
                points = points.iter().flat_map(|p| axis.values.iter().map(|value| at(p, value))).collect();
            }
            for point in &mut points {
                point.name = format!("{} {}", spec.name, sweep.point(&point.options));
            }
            all.append(&mut points);
        }
        Ok((all, Some(sweep)))
    }

    /// An input file has sizes of its own: a grid over them would measure the same thing again and again.
    fn check(&self, spec: &VariantSpec) -> Result<(), Fault> {
        // Images are resized to whatever is asked for.
        let sized = |path: &&String| !nntop_engine::workload::holds_images(std::path::Path::new(path));
        let Some(input) = spec.options.input.as_ref().filter(sized) else { return Ok(()) };
        match self.open(spec).find(|axis| axis.name != SweepAxis::THREADS) {
            None => Ok(()),
            Some(axis) => Err(Fault::input(format!(
                "{}: {} cannot vary, since the input file {input} has its own sizes",
                spec.name,
                Self::typed(axis)
            ))
            .hint("leave --input out: random values are made for every size")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::cli::model_spec::{Gathered, MOST, MOST_POINTS, variants};
    use clap::Parser;

    fn read(words: &[&str]) -> Result<Gathered, Fault> {
        variants(&Cli::parse_from([&["nntop"], words].concat()).run, MOST_POINTS)
    }

    fn names(words: &[&str]) -> Vec<String> {
        read(words).unwrap().variants.into_iter().map(|v| v.name).collect()
    }

    #[test]
    fn every_combination_is_a_variant_with_its_name() {
        let words = ["m.onnx", "--batch-size", "1,8,32", "--threads", "1,2"];
        assert_eq!(names(&words), ["m b1 t1", "m b1 t2", "m b8 t1", "m b8 t2", "m b32 t1", "m b32 t2"]);
        let Gathered { variants, sweep } = read(&words).unwrap();
        let of = |v: &VariantSpec| (v.options.batch, v.options.threads);
        assert_eq!((of(&variants[0]), of(&variants[5])), ((Some(1), Some(1)), (Some(32), Some(2))));
        let sweep = sweep.unwrap();
        assert_eq!(sweep.axes.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["batch_size", "threads"]);
        assert_eq!(sweep.coordinates(&variants[3].options), [("batch_size".into(), 8), ("threads".into(), 2)].into());
        assert_eq!(
            names(&["a.onnx", "b.onnx", "--dim", "N=1,8", "--dim", "len=2,4"]),
            [
                "a N=1 len=2",
                "a N=1 len=4",
                "a N=8 len=2",
                "a N=8 len=4",
                "b N=1 len=2",
                "b N=1 len=4",
                "b N=8 len=2",
                "b N=8 len=4"
            ]
        );
    }

    #[test]
    fn a_single_value_is_no_grid() {
        let plain = read(&["m.onnx", "-b", "8", "--threads", "2,2", "--dim", "N=4"]).unwrap();
        let options = &plain.variants[0].options;
        assert_eq!((options.batch, options.threads, options.dims["N"]), (Some(8), Some(2), 4));
        assert_eq!((plain.variants.len(), plain.variants[0].name.as_str(), plain.sweep), (1, "m", None));
        // Beside a list it holds for all points, and is in no name.
        assert_eq!(names(&["m.onnx", "-b", "8", "--threads", "1,2"]), ["m t1", "m t2"]);
        assert!(read(&["m.onnx", "-b", "8", "--threads", "1,2"]).unwrap().variants[1].options.batch == Some(8));
    }

    #[test]
    fn what_a_model_says_itself_wins() {
        let words = ["a.onnx,threads=4", "b.onnx", "--threads", "1,2", "-b", "1,8"];
        assert_eq!(names(&words), ["a b1 t4", "a b8 t4", "b b1 t1", "b b1 t2", "b b8 t1", "b b8 t2"]);
        let none_open = read(&["a.onnx,threads=4", "b.onnx,threads=2", "--threads", "1,2"]).unwrap();
        assert_eq!((none_open.variants.len(), none_open.sweep), (2, None));
    }

    #[test]
    fn names_stay_apart_and_repeated_options_add_up() {
        assert_eq!(names(&["a.onnx", "a.onnx", "-b", "1,8"]), ["a b1", "a b8", "a #2 b1", "a #2 b8"]);
        assert_eq!(
            names(&["a.onnx", "-b", "1", "-b", "8,1", "--dim", "N=2", "--dim", "N=3"]),
            ["a b1 N=2", "a b1 N=3", "a b8 N=2", "a b8 N=3"]
        );
    }

    #[test]
    fn too_many_points_are_refused_with_the_way_out() {
        let list = |n: u64| (1..=n).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(read(&["m.onnx", "-b", &list(128), "--threads", "1,2"]).unwrap().variants.len(), MOST_POINTS);
        let fault = read(&["m.onnx", "-b", &list(129), "--threads", "1,2"]).unwrap_err();
        assert!(fault.message.contains("258 variants") && fault.hint.unwrap().contains("fewer values"));
        let args = Cli::parse_from(["nntop", "m.onnx", "-b", &list(27)]).run;
        let fault = variants(&args, MOST).unwrap_err();
        assert!(fault.message.contains("27 variants") && fault.hint.unwrap().contains("nntop bench"));
        // Nobody has the memory to list these.
        let all = list(1_000);
        let dims = ["a", "b", "c", "d", "e", "f", "g"].map(|name| format!("--dim={name}={all}"));
        let fault = read(&[&["m.onnx"], &dims.each_ref().map(String::as_str)[..]].concat()).unwrap_err();
        assert!(fault.message.contains("at most"), "{fault}");
    }

    #[test]
    fn an_input_file_has_its_own_sizes() {
        let fault = read(&["m.onnx", "--input", "x.npy", "-b", "1,8"]).unwrap_err();
        assert!(fault.message.contains("--batch-size 1,8") && fault.message.contains("x.npy"), "{fault}");
        assert_eq!(names(&["m.onnx", "--input", "x.npy", "--threads", "1,2"]).len(), 2);
    }
}
