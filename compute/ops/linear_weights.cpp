// SPDX-License-Identifier: Apache-2.0
// Packs weights into the layouts of compute/ops/linear_layout.hpp.
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/ops/half.hpp"
#include "compute/ops/launch.hpp"
#include "compute/ops/linear_layout.hpp"
#include "compute/ops/quantize.hpp"

namespace fovea::compute::ops {
namespace {

template <class Element, class Convert>
std::vector<Element> pack(const LinearLayout& layout, std::span<const float> weight,
                          Convert convert) {
  std::vector<Element> packed(layout.element_count());
  const auto rows = static_cast<std::size_t>(layout.out_features);
  const auto depth = static_cast<std::size_t>(layout.in_features);
  for (std::size_t n = 0; n < rows; ++n) {
    for (std::size_t k = 0; k < depth; ++k) {
      packed[layout.index(n, k)] = convert(weight[n * depth + k]);
    }
  }
  return packed;
}

std::vector<std::int8_t> pack_i8(const LinearLayout& layout, std::span<const std::int8_t> weight) {
  std::vector<std::int8_t> packed(layout.element_count());
  const auto depth = static_cast<std::size_t>(layout.in_features);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    packed[layout.i8_index(i / depth, i % depth)] = weight[i];
  }
  return packed;
}

}  // namespace

Linear upload_linear(Device& device, ConstantStore& store, std::string name,
                     std::int64_t out_features, std::int64_t in_features,
                     std::span<const float> weight, std::span<const float> bias,
                     Precision precision) {
  return upload_linear_as(weight_layout(preferred_variant(device, precision)), device, store,
                          std::move(name), out_features, in_features, weight, bias, precision);
}

Linear upload_linear_as(WeightLayout kind, Device& device, ConstantStore& store, std::string name,
                        std::int64_t out_features, std::int64_t in_features,
                        std::span<const float> weight, std::span<const float> bias,
                        Precision precision) {
  if (kind == WeightLayout::rows && precision == Precision::fp32) {
    reject("linear", "weights in rows are fp16 or int8", name, "use --precision fp16");
  }
  const auto wanted = static_cast<std::size_t>(out_features * in_features);
  if (out_features < 1 || in_features < 1 || weight.size() != wanted) {
    reject("linear",
           fmt::format("weight has {} values, [{}, {}] wants {}", weight.size(), out_features,
                       in_features, wanted),
           name, "pass the weight as [N, K], row by row");
  }
  if (!bias.empty() && bias.size() != static_cast<std::size_t>(out_features)) {
    reject("linear", fmt::format("bias has {} values, not {}", bias.size(), out_features), name,
           "pass one value per output, or none");
  }
  const LinearLayout layout{out_features, in_features, kind};
  const std::size_t element_bytes = precision == Precision::fp32   ? 4
                                    : precision == Precision::fp16 ? 2
                                                                   : 1;
  if (layout.element_count() * element_bytes > device.limits().max_storage_range_bytes) {
    throw GpuError(fmt::format("linear: the weight [{}, {}] needs {} bytes, the device binds {}",
                               out_features, in_features, layout.element_count() * element_bytes,
                               device.limits().max_storage_range_bytes),
                   name, "use --precision fp16, a smaller model or another device");
  }

  Linear linear{name, out_features, in_features, precision, kind, {}, {}};
  std::vector<float> vectors(layout.padded_out());
  std::copy(bias.begin(), bias.end(), vectors.begin());
  if (precision == Precision::fp16) {
    for (const float value : weight) {
      if (!(std::fabs(value) <= kLargestHalf)) {
        throw ModelError(fmt::format("a weight of {} does not fit fp16", value), name,
                         "use --precision fp32");
      }
    }
    const auto packed = pack<std::uint16_t>(layout, weight, to_half);
    linear.weight = store.add(name + ".weight", std::as_bytes(std::span(packed)));
  } else if (precision == Precision::int8) {
    const QuantizedRows rows =
        quantize_rows(weight, static_cast<std::size_t>(in_features), name + ".weight");
    const auto packed = pack_i8(layout, rows.values);
    linear.weight = store.add(name + ".weight", std::as_bytes(std::span(packed)));
    vectors.insert(vectors.end(), rows.scales.begin(), rows.scales.end());
    vectors.resize(2 * layout.padded_out());
  } else {
    const auto packed = pack<float>(layout, weight, [](float value) { return value; });
    linear.weight = store.add(name + ".weight", std::as_bytes(std::span(packed)));
  }
  linear.bias = store.add(name + ".bias", std::as_bytes(std::span(vectors)));
  return linear;
}

}  // namespace fovea::compute::ops
