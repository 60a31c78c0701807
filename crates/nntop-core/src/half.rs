//! The bits of floats of 16 bits: IEEE half precision, and bfloat16.

/// The bits of a float, rounded to even so that the lowest `bits` can be dropped.
fn rounded(value: f32, bits: u32) -> u32 {
    let all = value.to_bits();
    all.wrapping_add((1 << (bits - 1)) - 1 + (all >> bits & 1))
}

/// The nearest half-precision number (1 bit of sign, 5 of exponent, 10 of fraction); infinite beyond 65,504.
pub fn f16_bits(value: f32) -> u16 {
    let sign = (value.to_bits() >> 16 & 0x8000) as u16;
    let size = value.abs();
    if size.is_nan() {
        return sign | 0x7e00;
    }
    if size < 6.103_515_6e-5 {
        // Subnormal: in units of 2^-24.
        return sign | (f64::from(size) * 16_777_216.0).round_ties_even() as u16;
    }
    let bits = rounded(size, 13) >> 13;
    sign | bits.saturating_sub(112 << 10).min(0x7c00) as u16
}

/// The number of half-precision bits.
pub fn f16_value(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction / 16_777_216.0,
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        e => (1.0 + fraction / 1_024.0) * 2f64.powi(e - 15),
    }
}

/// The nearest bfloat16 number: the upper half of a float's bits.
pub fn bf16_bits(value: f32) -> u16 {
    if value.is_nan() {
        return 0x7fc0;
    }
    (rounded(value, 16) >> 16) as u16
}

/// The number of bfloat16 bits.
pub fn bf16_value(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_the_range_are_known() {
        let value = |bits| f16_value(bits);
        assert_eq!([0x3e00, 0xc000, 0x0001, 0x7bff].map(value), [1.5, -2.0, 2f64.powi(-24), 65_504.0]);
        assert_eq!((f16_bits(65_519.0), f16_bits(65_520.0), f16_bits(-1e9)), (0x7bff, 0x7c00, 0xfc00));
        assert!(f16_value(f16_bits(f32::NAN)).is_nan() && bf16_value(bf16_bits(f32::NAN)).is_nan());
        assert_eq!((bf16_value(0x3fc0), bf16_bits(f32::INFINITY)), (1.5, 0x7f80));
    }

    proptest! {
        #[test]
        fn half_precision_comes_back(value in -70_000f32..70_000.0) {
            let back = f16_value(f16_bits(value));
            let near = f64::from(value.abs()).max(6.2e-5) / 2_048.0;
            prop_assert!(back.is_infinite() && value.abs() >= 65_520.0 || (back - f64::from(value)).abs() <= near, "{} {}", value, back);
        }

        #[test]
        fn bits_are_those_of_their_numbers(bits in 0u16..0x7c00) {
            prop_assert_eq!(f16_bits(f16_value(bits) as f32), bits);
            prop_assert_eq!(bf16_bits(bf16_value(bits) as f32), bits);
        }
    }
}
