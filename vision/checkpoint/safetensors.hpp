// SPDX-License-Identifier: Apache-2.0
#pragma once
// The safetensors container: 8 bytes of header length, a JSON header, then the data.
// Format: https://github.com/huggingface/safetensors (README, "Format").

#include <vector>

#include "vision/checkpoint/mapped_file.hpp"
#include "vision/checkpoint/stored_tensor.hpp"

namespace fovea::vision {

/// The tensors of one file, in the order of their data. They point into `file`.
/// Throws ModelError naming the tensor when a length, type, shape or offset is impossible,
/// when data overlap or leave holes, or when a name appears twice.
std::vector<StoredTensor> read_safetensors(const MappedFile& file);

}  // namespace fovea::vision
