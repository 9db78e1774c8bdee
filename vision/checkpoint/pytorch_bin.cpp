// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/pytorch_bin.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/pickled_tensors.hpp"
#include "vision/checkpoint/zip_reader.hpp"

namespace fovea::vision {
namespace {

[[noreturn]] void refuse(const MappedFile& file, const std::string& what) {
  throw ModelError("malformed pytorch_model.bin: " + what, file.path().string(),
                   "download the file again, or use the model's safetensors file");
}

void refuse_older_format(const MappedFile& file) {
  const auto bytes = file.bytes();
  if (bytes.size() >= 4 && bytes[0] == std::byte{'P'} && bytes[1] == std::byte{'K'}) return;
  // The oldest torch format starts with a pickle, the one before it is a tar archive.
  const bool pickle = bytes.size() >= 2 && bytes[0] == std::byte{0x80};
  throw ModelError(pickle ? "pytorch_model.bin is in the format from before torch 1.6"
                          : "pytorch_model.bin is not a file that torch.save wrote",
                   file.path().string(),
                   pickle ? "use the model's safetensors file, or load the file with torch and "
                            "save it again"
                          : "download the file again (a Git LFS pointer is a few lines of text)");
}

void set_type(const MappedFile& file, const PickledTensor& pickled, StoredTensor& tensor) {
  tensor.type_name = "torch." + pickled.storage_type;
  if (pickled.storage_type == "FloatStorage") {
    tensor.type = StoredType::f32;
    tensor.element_bytes = 4;
  } else if (pickled.storage_type == "HalfStorage") {
    tensor.type = StoredType::f16;
    tensor.element_bytes = 2;
  } else if (pickled.storage_type == "BFloat16Storage") {
    tensor.type = StoredType::bf16;
    tensor.element_bytes = 2;
  } else if (pickled.storage_type == "LongStorage") {
    tensor.element_bytes = 8;
  } else {
    refuse(file, fmt::format("tensor '{}' is stored as '{}'", pickled.name, pickled.storage_type));
  }
}

bool is_dense(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
  std::int64_t step = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (shape[axis] != 1 && strides[axis] != step) return false;
    step *= shape[axis];
  }
  return true;
}

StoredTensor place(const MappedFile& file, PickledTensor& pickled,
                   std::span<const std::byte> storage) {
  StoredTensor tensor;
  set_type(file, pickled, tensor);
  const auto wrong = [&](const char* what) {
    refuse(file, fmt::format("tensor '{}' {} {} of storage '{}'", pickled.name,
                             shape_text(pickled.shape), what, pickled.storage_key));
  };
  const auto elements = static_cast<std::int64_t>(storage.size() / tensor.element_bytes);
  if (pickled.storage_elements < 0 || pickled.storage_elements > elements) {
    wrong("claims more than the bytes");
  }
  std::int64_t count = 0;
  if (pickled.strides.size() != pickled.shape.size() ||
      !checked_element_count(pickled.shape, count) || pickled.offset < 0) {
    wrong("has an impossible shape, stride or offset");
  }
  // No view of ours needs more elements than its storage has; a stride of 0 could.
  if (count > elements) wrong("has more elements than those");
  if (count > 0 && pickled.offset >= elements) wrong("reaches outside");
  std::int64_t last = pickled.offset;
  for (std::size_t axis = 0; count > 0 && axis < pickled.shape.size(); ++axis) {
    const std::int64_t steps = pickled.shape[axis] - 1, stride = pickled.strides[axis];
    if (stride < 0 || (steps > 0 && stride > (elements - 1) / steps)) wrong("reaches outside");
    last += steps * stride;
    if (last >= elements) wrong("reaches outside");
  }
  if (count > 0) {
    tensor.data = storage.data() + static_cast<std::size_t>(pickled.offset) * tensor.element_bytes;
    if (!is_dense(pickled.shape, pickled.strides)) tensor.strides = std::move(pickled.strides);
  }
  tensor.name = std::move(pickled.name);
  tensor.shape = std::move(pickled.shape);
  return tensor;
}

}  // namespace

std::vector<StoredTensor> read_pytorch_bin(const MappedFile& file) {
  refuse_older_format(file);
  const auto entries = read_zip(file);
  // torch.save puts everything under one folder, named after the file it first wrote.
  std::unordered_map<std::string_view, std::span<const std::byte>> by_name;
  std::string_view folder;
  for (const ZipEntry& entry : entries) {
    by_name.emplace(entry.name, entry.bytes);
    if (std::string_view(entry.name).ends_with("/data.pkl")) {
      folder = std::string_view(entry.name).substr(0, entry.name.size() - 8);
    }
  }
  if (folder.empty()) refuse(file, "the archive holds no data.pkl");
  const std::string prefix(folder);
  if (const auto order = by_name.find(prefix + "byteorder"); order != by_name.end()) {
    const std::string_view text(reinterpret_cast<const char*>(order->second.data()),
                                order->second.size());
    if (text != "little") refuse(file, "its numbers are big-endian");
  }
  auto pickled =
      read_pickled_tensors(by_name.at(prefix + "data.pkl"), file.path().string() + " (data.pkl)");
  std::vector<StoredTensor> tensors;
  for (PickledTensor& each : pickled) {
    const auto storage = by_name.find(prefix + "data/" + each.storage_key);
    if (storage == by_name.end()) {
      refuse(file, fmt::format("tensor '{}' lies in storage '{}', which the archive lacks",
                               each.name, each.storage_key.substr(0, 80)));
    }
    tensors.push_back(place(file, each, storage->second));
  }
  std::vector<std::string_view> names;
  for (const StoredTensor& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    refuse(file, fmt::format("tensor '{}' appears twice", *twice));
  }
  return tensors;
}

}  // namespace fovea::vision
