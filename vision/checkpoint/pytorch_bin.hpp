// SPDX-License-Identifier: Apache-2.0
#pragma once
// pytorch_model.bin as torch.save writes it since 1.6: a zip holding one pickle and one
// file per storage. Read-only; nothing in it is executed (pickle_machine.hpp).

#include <vector>

#include "vision/checkpoint/mapped_file.hpp"
#include "vision/checkpoint/stored_tensor.hpp"

namespace fovea::vision {

/// The tensors of one file, in the order of its dictionary. They point into `file`.
/// Throws ModelError when the file is of the older format without a zip, when the pickle asks
/// for anything but tensors, or when a tensor does not lie within its storage.
std::vector<StoredTensor> read_pytorch_bin(const MappedFile& file);

}  // namespace fovea::vision
