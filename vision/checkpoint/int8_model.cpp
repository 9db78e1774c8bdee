// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/int8_model.hpp"

#include <algorithm>
#include <fstream>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "compute/ops/quantize.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/safetensors_writer.hpp"
#include "vision/checkpoint/tensor_names.hpp"
#include "vision/checkpoint/weight_files.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;
using compute::ops::QuantizedRows;

/// A matrix of an encoder layer, whatever its spelling.
bool becomes_int8(const StoredTensor& tensor, const VitConfig& config) {
  if (tensor.shape.size() != 2 || !tensor.name.ends_with(".weight")) return false;
  const std::string name = config.has_timm_names()
                               ? canonical_from_timm(tensor.name, config.distillation_token)
                               : canonical_from_transformers(tensor.name).value_or(std::string());
  return name.starts_with("encoder.layer.");
}

/// The tensors that the new file holds, in the order of the old. One of another type
/// (position_ids) is read by nobody and left out.
std::vector<StoredTensor> kept_tensors(const Checkpoint& checkpoint) {
  std::vector<StoredTensor> kept;
  for (const StoredTensor& tensor : checkpoint.weights().tensors) {
    if (tensor.type == StoredType::i8) {
      throw ModelError(fmt::format("the model's weights are int8 already ('{}')", tensor.name),
                       checkpoint.weights().path.string(),
                       "use it as it is, or quantise the model it was made from");
    }
    if (tensor.type != StoredType::other) kept.push_back(tensor);
  }
  return kept;
}

QuantizedRows quantized(const StoredTensor& tensor, const std::vector<float>& weight) {
  return compute::ops::quantize_rows(weight, static_cast<std::size_t>(tensor.shape[1]),
                                     tensor.name);
}

std::uint64_t int8_bytes(const StoredTensor& tensor) {
  return static_cast<std::uint64_t>(tensor.element_count()) +
         static_cast<std::uint64_t>(tensor.shape[0]) * sizeof(float);
}

/// Strided tensors (a .bin's transposed views) are written dense, as F32, which holds all types.
bool is_widened(const StoredTensor& tensor) { return !tensor.strides.empty(); }

std::vector<SafetensorsEntry> entries_of(const std::vector<StoredTensor>& tensors,
                                         const VitConfig& config) {
  std::vector<SafetensorsEntry> entries;
  for (const StoredTensor& tensor : tensors) {
    const auto count = static_cast<std::uint64_t>(tensor.element_count());
    if (becomes_int8(tensor, config)) {
      entries.push_back({tensor.name, "I8", tensor.shape, count});
      entries.push_back({tensor.name + "_scale",
                         "F32",
                         {tensor.shape[0], 1},
                         static_cast<std::uint64_t>(tensor.shape[0]) * sizeof(float)});
    } else if (is_widened(tensor)) {
      entries.push_back({tensor.name, "F32", tensor.shape, count * sizeof(float)});
    } else {
      entries.push_back({tensor.name, type_name(tensor.type), tensor.shape, tensor.byte_count()});
    }
  }
  return entries;
}

void write_weights(const Checkpoint& checkpoint, const fs::path& file) {
  const std::vector<StoredTensor> tensors = kept_tensors(checkpoint);
  const std::string where = checkpoint.weights().path.string();
  SafetensorsWriter writer(file, entries_of(tensors, checkpoint.config()), {{"format", "pt"}});
  for (const StoredTensor& tensor : tensors) {
    if (becomes_int8(tensor, checkpoint.config())) {
      const QuantizedRows rows = quantized(tensor, widen(tensor, where));
      writer.append(std::as_bytes(std::span(rows.values)));
      writer.append(std::as_bytes(std::span(rows.scales)));
    } else if (is_widened(tensor)) {
      const std::vector<float> values = widen(tensor, where);
      writer.append(std::as_bytes(std::span(values)));
    } else {
      writer.append({tensor.data, static_cast<std::size_t>(tensor.byte_count())});
    }
  }
  writer.finish();
}

void write_config(const fs::path& from, const fs::path& to) {
  nlohmann::json config = read_json_object(from);
  config["fovea_quantization"] = {{"weights", "int8, symmetric, one F32 scale per output channel"},
                                  {"layers", "the matrices of the encoder's layers"},
                                  {"scales", "X.weight_scale beside each X.weight"}};
  std::ofstream file(to, std::ios::binary);
  file << config.dump(2) << '\n';
  file.close();
  if (file.fail()) {
    throw ModelError("the configuration cannot be written", to.string(),
                     "free space there, or choose another folder");
  }
}

}  // namespace

Int8Summary int8_summary(const Checkpoint& checkpoint) {
  const std::string where = checkpoint.weights().path.string();
  Int8Summary summary;
  for (const StoredTensor& tensor : kept_tensors(checkpoint)) {
    const std::uint64_t before = tensor.byte_count();
    std::uint64_t after = before;
    if (becomes_int8(tensor, checkpoint.config())) {
      const std::vector<float> weight = widen(tensor, where);
      after = int8_bytes(tensor);
      summary.layers.push_back(
          {tensor.name, compute::ops::worst_relative_error(weight, quantized(tensor, weight)),
           before, after});
    }
    summary.bytes_before += before;
    summary.bytes_after += after;
  }
  return summary;
}

void write_int8_model(const Checkpoint& checkpoint, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    throw ModelError("the folder for the int8 model is not empty", folder.string(),
                     "choose a folder that does not exist yet");
  }
  // Made beside its place and moved there, so that nobody sees half of it.
  fs::path partial = fs::absolute(folder).lexically_normal();
  if (!partial.has_filename()) partial = partial.parent_path();
  partial += fmt::format(".partial-{}", ::getpid());
  const auto discard = [&] { fs::remove_all(partial, error); };
  try {
    fs::create_directories(partial);
    write_config(checkpoint.folder() / "config.json", partial / "config.json");
    for (const char* name : {"preprocessor_config.json", "README.md"}) {
      if (fs::exists(checkpoint.folder() / name)) {
        fs::copy_file(checkpoint.folder() / name, partial / name);
      }
    }
    write_weights(checkpoint, partial / "model.safetensors");
    fs::rename(partial, folder);
  } catch (const fs::filesystem_error& failure) {
    discard();
    throw ModelError(fmt::format("the int8 model cannot be written ({})", failure.code().message()),
                     folder.string(), "free space there, or make the folder writable");
  } catch (...) {
    discard();
    throw;
  }
}

}  // namespace fovea::vision
