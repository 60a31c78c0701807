//! Whole boards in every format: the values that their owners have published, under the names that programs rely on.

mod devices;
mod hostile;
mod kin;
mod openmetrics;

use super::*;
use crate::sampler::tests::boards::{Tree, jetson_orin_nano, laptop, raspberry_pi_5, tree};
use crate::sampler::tests::{metric, read};
use crate::sampler::{Samplers, host_info};
use nntop_core::event::{HostInfo, Quantity, Slot};
use nntop_core::unit::Nanos;
use std::collections::BTreeMap;
use std::fs;

const SECOND: Nanos = Nanos::from_millis(1000);
