// SPDX-License-Identifier: Apache-2.0
#pragma once
// What storing weights smaller costs on one device. Asked by who chooses a precision.

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"

namespace fovea::compute::ops {

/// Whether products on `device` at this precision lose nothing beyond what storing the weights
/// does: activations are not rounded, and halves below 2^-14, which a device may take for zero, are
/// known to be kept.
bool loses_only_storage(const Device& device, Precision precision);

}  // namespace fovea::compute::ops
