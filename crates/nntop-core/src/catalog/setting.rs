//! Which settings there are. What is known of each is in the table of settings.

/// A setting of a model and its engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// Which engine runs the model.
    Engine,
    /// The engine's library or interpreter.
    Library,
    /// Threads for one operator.
    Threads,
    /// Execution providers.
    Providers,
    /// Options of execution providers.
    ProviderOptions,
    /// Libraries that bring execution providers.
    ProviderLibraries,
    /// Options of the session.
    SessionOptions,
    /// The device.
    Device,
    /// The performance hint.
    Hint,
    /// The number of streams.
    Streams,
    /// Properties by the engine's own names.
    Properties,
    /// The precision in which it computes.
    Precision,
    /// Which kernels it uses.
    Kernels,
    /// How far the graph may be rewritten.
    GraphOptimization,
    /// Samples per inference.
    Batch,
    /// Sizes of named free axes.
    Dim,
    /// Whole shapes of inputs.
    Shape,
    /// An input file.
    Input,
    /// The seed of random inputs.
    Seed,
    /// The board whose cores and memory are simulated.
    Edge,
    /// The CPUs that it may use.
    Cpus,
    /// A limit on its time on CPUs.
    CpuQuota,
    /// A limit on its memory.
    MemoryLimit,
}
