//! Rules one by one, and whole networks, layer by layer, against published figures.

use super::*;

fn tensor(dtype: &str, shape: &[u64]) -> TensorSig {
    TensorSig { dtype: dtype.into(), shape: shape.into() }
}

fn floats(shapes: &[&[u64]]) -> Vec<TensorSig> {
    shapes.iter().map(|shape| tensor("float32", shape)).collect()
}

fn of(op_type: &str, inputs: &[&[u64]], outputs: &[&[u64]]) -> Cost {
    cost(op_type, &floats(inputs), &floats(outputs))
}

fn flops(op_type: &str, inputs: &[&[u64]], outputs: &[&[u64]]) -> Option<u64> {
    of(op_type, inputs, outputs).flops
}

#[test]
fn a_convolution_is_its_outputs_times_its_filter() {
    let first = of("Conv", &[&[1, 3, 224, 224], &[64, 3, 7, 7], &[64]], &[&[1, 64, 112, 112]]);
    assert_eq!(first.flops, Some(2 * 64 * 112 * 112 * 3 * 7 * 7));
    assert_eq!(first.bytes.unwrap(), 4 * (3 * 224 * 224 + 64 * 3 * 49 + 64 + 64 * 112 * 112));
    // Depthwise: one channel for each filter.
    let depthwise = flops("FusedConv", &[&[1, 32, 112, 112], &[32, 1, 3, 3]], &[&[1, 32, 112, 112]]);
    assert_eq!(depthwise, Some(2 * 32 * 112 * 112 * 9));
    // Two groups.
    assert_eq!(flops("Conv", &[&[2, 8, 4, 4], &[6, 4, 1, 1]], &[&[2, 6, 4, 4]]), Some(2 * 2 * 6 * 16 * 4));
    // One and three dimensions; NHWC.
    assert_eq!(flops("Conv", &[&[1, 4, 10], &[8, 4, 3]], &[&[1, 8, 8]]), Some(2 * 8 * 8 * 12));
    assert_eq!(flops("Conv", &[&[1, 4, 5, 5, 5], &[8, 4, 3, 3, 3]], &[&[1, 8, 3, 3, 3]]), Some(2 * 8 * 27 * 108));
    assert_eq!(flops("NhwcFusedConv", &[&[1, 8, 8, 3], &[16, 3, 3, 3]], &[&[1, 6, 6, 16]]), Some(2 * 36 * 16 * 27));
}

#[test]
fn the_transposed_convolution_counts_its_inputs() {
    let up = flops("ConvTranspose", &[&[1, 16, 8, 8], &[16, 4, 2, 2]], &[&[1, 4, 16, 16]]);
    assert_eq!(up, Some(2 * 16 * 64 * 4 * 4));
}

#[test]
fn quantized_operators_have_scales_between_their_tensors() {
    let inputs = [
        tensor("uint8", &[1, 3, 8, 8]),
        tensor("float32", &[]),
        tensor("uint8", &[]),
        tensor("int8", &[16, 3, 3, 3]),
        tensor("float32", &[16]),
    ];
    let found = cost("QLinearConv", &inputs, &[tensor("uint8", &[1, 16, 6, 6])]);
    assert_eq!(found.flops, Some(2 * 16 * 36 * 27));
    assert_eq!(found.bytes, Some(192 + 4 + 1 + 432 + 64 + 576));
}

#[test]
fn a_weight_that_the_runtime_has_packed_is_not_guessed() {
    // What ONNX Runtime lists of a QLinearConv whose weights it has packed: 3 x 3 or 1 x 1, nobody knows.
    let inputs =
        [tensor("uint8", &[1, 48, 48, 1]), tensor("float32", &[]), tensor("uint8", &[]), tensor("float32", &[32])];
    let found = cost("QLinearConv", &inputs, &[tensor("uint8", &[1, 48, 48, 32])]);
    assert_eq!(found, Cost { flops: None, bytes: None });
    // The sum of a fused Conv stands where the weight would.
    assert_eq!(flops("Conv", &[&[1, 8, 4, 4], &[1, 8, 4, 4]], &[&[1, 8, 4, 4]]), None);
    // A product's inner length shows in its other factor, and so does what the packed one weighs.
    let gemm = of("Gemm", &[&[1, 576], &[10]], &[&[1, 10]]);
    assert_eq!(gemm, Cost { flops: Some(2 * 576 * 10), bytes: Some(4 * (576 + 10 + 10 + 576 * 10)) });
    assert_eq!(flops("MatMul", &[&[7, 8]], &[&[7, 8]]), Some(2 * 7 * 8 * 8));
    let quantized =
        [tensor("uint8", &[1, 576]), tensor("float32", &[]), tensor("uint8", &[]), tensor("float32", &[10])];
    let found = cost("QGemm", &quantized, &[tensor("uint8", &[1, 10])]);
    assert_eq!(found, Cost { flops: Some(2 * 576 * 10), bytes: None });
}

#[test]
fn matrix_products_with_batches_broadcasts_and_transposes() {
    assert_eq!(flops("MatMul", &[&[2, 3, 4, 5], &[2, 3, 5, 6]], &[&[2, 3, 4, 6]]), Some(2 * 6 * 4 * 5 * 6));
    assert_eq!(flops("MatMul", &[&[4, 5], &[7, 5, 6]], &[&[7, 4, 6]]), Some(2 * 7 * 4 * 5 * 6), "A is repeated");
    assert_eq!(flops("MatMul", &[&[4, 5], &[5]], &[&[4]]), Some(2 * 4 * 5));
    assert_eq!(flops("MatMul", &[&[5], &[5]], &[&[]]), Some(2 * 5));
    assert_eq!(flops("Gemm", &[&[5, 4], &[6, 5]], &[&[4, 6]]), Some(2 * 4 * 5 * 6), "transA, transB");
    assert_eq!(flops("FusedMatMul", &[&[2, 5, 4], &[2, 5, 6]], &[&[2, 4, 6]]), Some(2 * 2 * 4 * 5 * 6), "transA");
    assert_eq!(flops("FusedMatMul", &[&[4, 2, 5], &[2, 5, 6]], &[&[2, 4, 6]]), None, "batches transposed, too");
    let packed = [tensor("float32", &[1, 7, 64]), tensor("uint8", &[32, 2, 16]), tensor("float32", &[64])];
    let nbits = cost("MatMulNBits", &packed, &[tensor("float32", &[1, 7, 32])]);
    assert_eq!(nbits.flops, Some(2 * 7 * 64 * 32));
    assert_eq!(nbits.bytes, Some(4 * 7 * 64 + 1024 + 256 + 4 * 7 * 32), "four bits a weight");
}

#[test]
fn recurrent_layers_are_the_products_of_their_gates() {
    let each = 2 * 10 * 2 * (4 * 16) * (8 + 16);
    let weights: &[&[u64]] = &[&[10, 2, 8], &[1, 64, 8], &[1, 64, 16]];
    assert_eq!(flops("LSTM", weights, &[&[10, 1, 2, 16]]), Some(each));
    assert_eq!(flops("LSTM", &[&[10, 2, 8]], &[&[10, 2, 2, 16]]), Some(2 * each), "packed, both directions");
    assert_eq!(flops("GRU", &[&[10, 2, 8], &[1, 48, 8], &[1, 48, 16]], &[&[10, 1, 2, 16]]), Some(each / 4 * 3));
    assert_eq!(flops("RNN", &[&[10, 2, 8]], &[&[10, 1, 2, 16]]), Some(each / 4));
}

#[test]
fn attention_in_its_forms_is_the_same_work() {
    let (b, s, h) = (2, 128, 768);
    let products = 2 * 2 * b * s * s * h;
    let apart = flops("MultiHeadAttention", &[&[b, s, h], &[b, s, h], &[b, s, h]], &[&[b, s, h]]);
    assert_eq!(apart, Some(products));
    let heads: &[u64] = &[b, 12, s, h / 12];
    assert_eq!(flops("Attention", &[heads, heads, heads], &[heads]), Some(products));
    let fused = flops("Attention", &[&[b, s, h], &[h, 3 * h], &[3 * h]], &[&[b, s, h]]);
    assert_eq!(fused, Some(products + 2 * b * s * h * 3 * h));
    assert_eq!(flops("Attention", &[&[b, s, h], &[3 * h]], &[&[b, s, h]]), fused, "weights packed");
}

#[test]
fn what_computes_nothing_costs_its_bytes() {
    assert_eq!(of("Transpose", &[&[2, 3]], &[&[3, 2]]), Cost { flops: Some(0), bytes: Some(48) });
    let table = [tensor("float32", &[30_000, 768]), tensor("int64", &[1, 128])];
    let gathered = cost("Gather", &table, &[tensor("float32", &[1, 128, 768])]);
    assert_eq!(gathered.bytes, Some(2 * 128 * 768 * 4 + 128 * 8), "not the whole table");
}

#[test]
fn an_unknown_operator_is_not_guessed_but_its_bytes_are_known() {
    assert_eq!(of("TreeEnsembleClassifier", &[&[1, 4]], &[&[1, 3]]), Cost { flops: None, bytes: Some(28) });
    assert!(!has_rule("TreeEnsembleClassifier") && has_rule("Conv"));
    let strings = cost("Identity", &[tensor("string", &[2])], &[tensor("string", &[2])]);
    assert_eq!(strings, Cost { flops: Some(0), bytes: None });
}

#[test]
fn numbers_beyond_64_bits_are_unknown() {
    let huge = &[u64::MAX, 2][..];
    for op_type in ["Conv", "MatMul", "Gemm", "Add", "Softmax", "LSTM", "Attention", "ConvTranspose", "Gather"] {
        let found = of(op_type, &[huge, huge, huge], &[huge]);
        assert_eq!((found.flops.filter(|n| *n > 0), found.bytes), (None, None), "{op_type}");
    }
    assert_eq!(flops("Gemm", &[&[0, 5], &[5, 6]], &[&[0, 6]]), Some(0));
}

/// A network as a list of calls, built layer by layer.
#[derive(Default)]
struct Network {
    macs: u64,
    channels: u64,
    size: u64,
}

impl Network {
    fn image(size: u64) -> Self {
        Self { channels: 3, size, ..Self::default() }
    }

    fn add(&mut self, op_type: &str, inputs: &[&[u64]], outputs: &[&[u64]]) {
        self.macs += flops(op_type, inputs, outputs).unwrap() / 2;
    }

    fn conv(&mut self, filters: u64, kernel: u64, stride: u64, padding: u64, group: u64) -> &mut Self {
        let (x, y) = (self.size, (self.size + 2 * padding - kernel) / stride + 1);
        let weight = [filters, self.channels / group, kernel, kernel];
        self.add("Conv", &[&[1, self.channels, x, x], &weight, &[filters]], &[&[1, filters, y, y]]);
        (self.channels, self.size) = (filters, y);
        self
    }

    fn pool(&mut self, size: u64) -> &mut Self {
        self.size = size;
        self
    }

    fn linear(&mut self, outputs: u64) {
        self.add("Gemm", &[&[1, self.channels], &[outputs, self.channels], &[outputs]], &[&[1, outputs]]);
    }

    /// Within one percent of what is published.
    #[track_caller]
    fn matches(&self, published: f64) {
        let ratio = self.macs as f64 / published;
        assert!((0.99..=1.01).contains(&ratio), "{} MACs, published {published}", self.macs);
    }
}

/// He et al. 2015, in the form of torchvision, the stride in the 3 x 3. Published: 4.089 GMACs
/// (`ResNet50_Weights`, `_ops`, torchvision/models/resnet.py; 4.09 in the table of its documentation).
#[test]
fn resnet_50() {
    let mut net = Network::image(224);
    net.conv(64, 7, 2, 3, 1).pool(56);
    for (blocks, width, first) in [(3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)] {
        for block in 0..blocks {
            let stride = if block == 0 { first } else { 1 };
            if block == 0 {
                let (channels, size) = (net.channels, net.size);
                net.conv(4 * width, 1, stride, 0, 1);
                (net.channels, net.size) = (channels, size);
            }
            net.conv(width, 1, 1, 0, 1).conv(width, 3, stride, 1, 1).conv(4 * width, 1, 1, 0, 1);
        }
    }
    net.linear(1000);
    net.matches(4.089e9);
}

/// Iandola et al. 2016, version 1.0. Published: 0.819 GMACs (`SqueezeNet1_0_Weights`, `_ops`,
/// torchvision/models/squeezenet.py).
#[test]
fn squeezenet() {
    let mut net = Network::image(224);
    net.conv(96, 7, 2, 0, 1).pool(54);
    for (at, (squeeze, expand)) in
        [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)].into_iter().enumerate()
    {
        net.conv(squeeze, 1, 1, 0, 1);
        let size = net.size;
        net.conv(expand, 1, 1, 0, 1);
        (net.channels, net.size) = (squeeze, size);
        net.conv(expand, 3, 1, 1, 1);
        net.channels = 2 * expand;
        match at {
            2 => _ = net.pool(27),
            6 => _ = net.pool(13),
            _ => {}
        }
    }
    net.conv(1000, 1, 1, 0, 1);
    net.matches(0.819e9);
}

/// Sandler et al. 2018. Published: 0.301 GMACs (`MobileNet_V2_Weights`, `_ops`, torchvision/models/mobilenetv2.py;
/// 300 million in the paper's table 4).
#[test]
fn mobilenet_v2() {
    let mut net = Network::image(224);
    net.conv(32, 3, 2, 1, 1);
    let blocks =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
    for (expand, channels, repeats, first) in blocks {
        for repeat in 0..repeats {
            let hidden = net.channels * expand;
            if expand > 1 {
                net.conv(hidden, 1, 1, 0, 1);
            }
            net.conv(hidden, 3, if repeat == 0 { first } else { 1 }, 1, hidden).conv(channels, 1, 1, 0, 1);
        }
    }
    net.conv(1280, 1, 1, 0, 1).linear(1000);
    net.matches(0.301e9);
}

/// Devlin et al. 2018, BERT-base on 128 tokens. Published: 22.5 GFLOPs (Jiao et al. 2020, TinyBERT, table 1;
/// Sun et al. 2020, MobileBERT, table 4).
#[test]
fn bert_base() {
    let (s, h, heads) = (128, 768, 12);
    let mut net = Network::default();
    for _ in 0..12 {
        for _ in ["query", "key", "value", "output"] {
            net.add("MatMul", &[&[1, s, h], &[h, h]], &[&[1, s, h]]);
        }
        let head = h / heads;
        net.add("MatMul", &[&[1, heads, s, head], &[1, heads, head, s]], &[&[1, heads, s, s]]);
        net.add("Softmax", &[&[1, heads, s, s]], &[&[1, heads, s, s]]);
        net.add("MatMul", &[&[1, heads, s, s], &[1, heads, s, head]], &[&[1, heads, s, head]]);
        net.add("MatMul", &[&[1, s, h], &[h, 4 * h]], &[&[1, s, 4 * h]]);
        net.add("Gelu", &[&[1, s, 4 * h]], &[&[1, s, 4 * h]]);
        net.add("MatMul", &[&[1, s, 4 * h], &[4 * h, h]], &[&[1, s, h]]);
        for _ in ["attention", "output"] {
            net.add("SkipLayerNormalization", &[&[1, s, h], &[1, s, h]], &[&[1, s, h]]);
        }
    }
    net.add("Gemm", &[&[1, h], &[h, h]], &[&[1, h]]);
    net.matches(22.5e9 / 2.0);
}

#[test]
fn products_have_macs_and_other_operators_none() {
    let sig = |shape: &[u64]| TensorSig { dtype: "float32".into(), shape: shape.into() };
    let (x, w, y) = (sig(&[1, 16, 12, 12]), sig(&[32, 16, 3, 3]), sig(&[1, 32, 10, 10]));
    assert_eq!(macs("Conv", &[x.clone(), w], std::slice::from_ref(&y)), Some(32 * 100 * 16 * 9));
    let x = std::slice::from_ref(&x);
    assert_eq!(macs("Relu", x, x), Some(0));
    assert_eq!(macs("Nothing", x, x), None);
}
