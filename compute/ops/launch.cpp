// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/launch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/kernel.hpp"
#include "compute/ops/storage.hpp"

namespace fovea::compute::ops {

std::string_view to_string(Variant variant) {
  constexpr std::string_view kNames[] = {"subgroup", "portable", "coopmat",
                                         "coopmat2", "dot8",     "coopmat8"};
  return kNames[static_cast<std::size_t>(variant)];
}

bool can_run(const Device& device, Variant variant, std::string* why_not) {
  const DeviceLimits& limits = device.limits();
  const auto answer = [&](bool yes, std::string_view missing) {
    if (!yes && why_not != nullptr) *why_not = missing;
    return yes;
  };
  const auto compiled = [&](std::string_view shader) {
    return answer(has_shader(shader), "left out when Fovea was built: the shader compiler is old");
  };
  switch (variant) {
    case Variant::portable:
      return true;
    case Variant::subgroup:
      return answer(
          limits.subgroup_shuffle && limits.subgroup_size >= 4 && limits.subgroup_size <= 32,
          "the device has no subgroup shuffle");
    case Variant::coopmat:
      // A row of a matrix belongs to whole lanes, so that a softmax over it can.
      return answer(limits.matrix.m > 0 && limits.subgroup_shuffle &&
                        limits.subgroup_size % limits.matrix.m == 0,
                    "the device has no VK_KHR_cooperative_matrix of f16 into f32") &&
             compiled("linear_coopmat");
    case Variant::coopmat2:
      return answer(limits.workgroup_matrix.m > 0,
                    "the device has no VK_NV_cooperative_matrix2 with workgroup scope") &&
             compiled("linear_coopmat2");
    case Variant::dot8:
      return true;  // by shifts where the device has nothing better
    case Variant::coopmat8:
      return answer(limits.byte_matrix.m > 0,
                    "the device has no VK_KHR_cooperative_matrix of s8 into s32") &&
             compiled("linear_coopmat8");
  }
  return false;
}

Variant preferred_variant(const Device& device) {
  return device.info().kind == DeviceKind::software && can_run(device, Variant::subgroup)
             ? Variant::subgroup
             : Variant::portable;
}

Variant preferred_variant(const Device& device, Precision precision) {
  // A software device multiplies matrices with the same instructions as anything else.
  const bool hardware = device.info().kind != DeviceKind::software;
  if (precision == Precision::fp16 && hardware) {
    for (const Variant variant : {Variant::coopmat2, Variant::coopmat}) {
      if (can_run(device, variant)) return variant;
    }
  }
  if (precision == Precision::int8 && hardware && can_run(device, Variant::coopmat8)) {
    return Variant::coopmat8;
  }
  if (precision == Precision::int8 && device.limits().fast_byte_dots) return Variant::dot8;
  return preferred_variant(device);
}

Reads preferred_reads(const Device& device) {
  const DeviceLimits& limits = device.limits();
  if (limits.texels_are_faster) return Reads::texels;
  return limits.addresses ? Reads::addresses : Reads::buffers;
}

Reads possible_reads(const Device& device, Reads wanted, std::int64_t quads) {
  const DeviceLimits& limits = device.limits();
  if (wanted == Reads::texels && static_cast<std::uint64_t>(quads) > limits.max_texels) {
    wanted = Reads::addresses;
  }
  return limits.addresses ? wanted : Reads::buffers;  // what is written as texels goes by address
}

std::string reading_shader(std::string_view stem, Reads reads) {
  constexpr std::string_view kSuffixes[] = {"vec4", "address", "texel"};
  return fmt::format("{}.{}", stem, kSuffixes[static_cast<std::size_t>(reads)]);
}

bool loses_only_storage(const Device& device, Precision precision) {
  switch (precision) {
    case Precision::fp32:
      break;
    case Precision::fp16:  // of GPUs, the small halves are not known, nor is there a way to ask
      return device.info().kind == DeviceKind::software;
    case Precision::int8:
      return !multiplies_bytes(preferred_variant(device, precision));
  }
  return true;
}

WeightLayout weight_layout(Variant variant) {
  return multiplies_matrices(variant) ? WeightLayout::rows : WeightLayout::blocks;
}

std::int64_t processors_of(const Device& device) {
  constexpr std::int64_t kMiddling = 64;
  return device.limits().processors > 0 ? device.limits().processors : kMiddling;
}

std::uint32_t elementwise_lanes(const Device& device) {
  return device.info().kind == DeviceKind::software ? device.limits().subgroup_size : 64;
}

std::array<std::uint32_t, 3> split_groups(const Device& device, std::string_view op,
                                          std::int64_t count) {
  const std::int64_t max_x = device.limits().max_groups_x;
  constexpr std::int64_t kMaxY = 65535;  // guaranteed by the specification
  const std::int64_t lines = ceil_div(count, max_x);
  if (lines > kMaxY) {
    reject(op, fmt::format("needs {} workgroups, the device takes {}", count, max_x * kMaxY),
           device.info().name, "use a smaller batch");
  }
  const std::int64_t x = ceil_div(count, lines);
  return {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(lines), 1};
}

void reject(std::string_view op, const std::string& what, const std::string& where,
            const std::string& fix) {
  throw ShapeError(fmt::format("{}: {}", op, what), where, fix);
}

void require_f32(std::string_view op, std::string_view argument, const Tensor& tensor, int rank) {
  const Shape& shape = tensor.shape();
  if (tensor.dtype() != DType::f32) {
    reject(op, fmt::format("{} is {}, not f32", argument, to_string(tensor.dtype())),
           fmt::format("{} {}", argument, to_string(shape)), "convert it to f32 first");
  }
  if (rank == 0 ? shape.rank() >= 1 : shape.rank() == rank) return;
  reject(op,
         fmt::format("{} {} has {} axes, not {}", argument, to_string(shape), shape.rank(),
                     rank == 0 ? "at least one" : std::to_string(rank)),
         fmt::format("{} {}", argument, to_string(shape)), "pass the tensor the header describes");
}

void require_iterations(std::string_view op, std::int64_t iterations, const std::string& where) {
  if (iterations <= kMaxIterations) return;
  reject(op,
         fmt::format("an invocation would loop {} times, drivers allow about {} in safety",
                     iterations, kMaxIterations),
         where, "use a model with smaller axes");
}

}  // namespace fovea::compute::ops
