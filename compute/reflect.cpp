// SPDX-License-Identifier: Apache-2.0
// Reads a kernel's contract from its SPIR-V (the specification's section 3: an opcode
// and its operands per instruction; ids stand for types, constants and variables).
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/kernel.hpp"

namespace fovea::compute {
namespace {

constexpr std::uint32_t kMagic = 0x07230203;

enum Op : std::uint32_t {
  op_execution_mode = 16,
  op_type_int = 21,
  op_type_float = 22,
  op_type_vector = 23,
  op_type_image = 25,
  op_type_sampled_image = 27,
  op_type_array = 28,
  op_type_runtime_array = 29,
  op_type_struct = 30,
  op_type_pointer = 32,
  op_constant = 43,
  op_constant_composite = 44,
  op_spec_constant = 50,
  op_spec_constant_composite = 51,
  op_variable = 59,
  op_decorate = 71,
  op_member_decorate = 72,
};
enum Decoration : std::uint32_t {
  decoration_spec_id = 1,
  decoration_array_stride = 6,
  decoration_builtin = 11,
  decoration_non_writable = 24,
  decoration_non_readable = 25,
  decoration_binding = 33,
  decoration_descriptor_set = 34,
  decoration_offset = 35,
};
constexpr std::uint32_t kModeLocalSize = 17, kBuiltinWorkgroupSize = 25;
constexpr std::uint32_t kStorageUniform = 0, kStoragePushConstant = 9, kStorageBuffer = 12,
                        kStorageAddress = 5349;
constexpr std::uint32_t kDimBuffer = 5;

struct Instruction {
  std::uint32_t op;
  std::span<const std::uint32_t> operands;
};

/// The module as tables by id.
struct Module {
  std::map<std::uint32_t, Instruction> definitions;
  std::map<std::uint32_t, std::map<std::uint32_t, std::uint32_t>> decorations;
  // (struct id, member) -> decoration -> value
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::uint32_t, std::uint32_t>> members;
  std::vector<Instruction> variables;
  std::array<std::uint32_t, 3> local_size{1, 1, 1};
};

[[noreturn]] void reject(std::string_view name, const std::string& what) {
  throw ShapeError(what, fmt::format("shader {}", name),
                   "fix the shader: bindings run from 0 without holes in set 0");
}

Module read_module(std::string_view name, std::span<const std::uint32_t> words) {
  if (words.size() < 5 || words[0] != kMagic) reject(name, "the words are not SPIR-V");
  Module module;
  for (std::size_t at = 5; at < words.size();) {
    const std::uint32_t length = words[at] >> 16;
    if (length == 0 || at + length > words.size()) reject(name, "the SPIR-V is cut short");
    const Instruction in{words[at] & 0xffff, words.subspan(at + 1, length - 1)};
    at += length;
    switch (in.op) {
      case op_type_int:
      case op_type_float:
      case op_type_vector:
      case op_type_image:
      case op_type_sampled_image:
      case op_type_array:
      case op_type_runtime_array:
      case op_type_struct:
      case op_type_pointer:
        module.definitions.emplace(in.operands[0], in);
        break;
      case op_constant:
      case op_constant_composite:
      case op_spec_constant:
      case op_spec_constant_composite:
        module.definitions.emplace(in.operands[1], in);
        break;
      case op_variable:
        module.variables.push_back(in);
        break;
      case op_decorate:
        module.decorations[in.operands[0]][in.operands[1]] =
            in.operands.size() > 2 ? in.operands[2] : 1;
        break;
      case op_member_decorate:
        module.members[{in.operands[0], in.operands[1]}][in.operands[2]] =
            in.operands.size() > 3 ? in.operands[3] : 1;
        break;
      case op_execution_mode:
        if (in.operands[1] == kModeLocalSize) {
          std::copy_n(in.operands.begin() + 2, 3, module.local_size.begin());
        }
        break;
      default:
        break;
    }
  }
  return module;
}

std::uint32_t constant_value(const Module& module, std::uint32_t id) {
  return module.definitions.at(id).operands[2];
}

std::uint32_t size_bytes(const Module& module, std::uint32_t type) {
  const Instruction& in = module.definitions.at(type);
  switch (in.op) {
    case op_type_int:
    case op_type_float:
      return in.operands[1] / 8;
    case op_type_vector:
      return in.operands[2] * size_bytes(module, in.operands[1]);
    case op_type_array:
      return constant_value(module, in.operands[2]) *
             module.decorations.at(type).at(decoration_array_stride);
    case op_type_struct: {
      if (in.operands.size() == 1) return 0;
      const auto last = static_cast<std::uint32_t>(in.operands.size() - 2);
      return module.members.at({type, last}).at(decoration_offset) +
             size_bytes(module, in.operands[last + 1]);
    }
    case op_type_pointer:
      return 8;
    default:
      return 0;
  }
}

/// Every member readonly, every member writeonly, or neither.
Access access_of(const Module& module, std::uint32_t variable, std::uint32_t type) {
  const auto is = [&](std::uint32_t decoration) {
    const auto found = module.decorations.find(variable);
    if (found != module.decorations.end() && found->second.contains(decoration)) return true;
    const auto count = static_cast<std::uint32_t>(module.definitions.at(type).operands.size() - 1);
    for (std::uint32_t member = 0; member < count; ++member) {
      const auto entry = module.members.find({type, member});
      if (entry == module.members.end() || !entry->second.contains(decoration)) return false;
    }
    return count > 0;
  };
  if (is(decoration_non_writable)) return Access::read;
  if (is(decoration_non_readable)) return Access::write;
  return Access::read_write;
}

/// The buffers that the push-constant block `type` points to, first to last.
std::vector<Access> read_addresses(const Module& module, std::uint32_t type) {
  std::vector<Access> accesses;
  for (const std::uint32_t member : module.definitions.at(type).operands.subspan(1)) {
    const Instruction& in = module.definitions.at(member);
    if (in.op != op_type_pointer || in.operands[1] != kStorageAddress) break;
    accesses.push_back(access_of(module, member, in.operands[2]));
  }
  return accesses;
}

/// What `type`, that of a variable among the uniform constants, makes of its binding.
BindingKind texels_of(std::string_view name, const Module& module, std::uint32_t type) {
  const auto found = module.definitions.find(type);
  if (found != module.definitions.end() && found->second.op == op_type_sampled_image) {
    const Instruction& image = module.definitions.at(found->second.operands[1]);
    if (image.operands[2] == kDimBuffer) {
      const bool is_float = module.definitions.at(image.operands[1]).op == op_type_float;
      return is_float ? BindingKind::texels_f32 : BindingKind::texels_u32;
    }
  }
  reject(name, "a uniform is neither samplerBuffer nor usamplerBuffer");
}

void read_workgroup_size(const Module& module, KernelContract& contract) {
  contract.local_size = module.local_size;
  for (const auto& [id, decorations] : module.decorations) {
    const auto builtin = decorations.find(decoration_builtin);
    if (builtin == decorations.end() || builtin->second != kBuiltinWorkgroupSize) continue;
    const Instruction& composite = module.definitions.at(id);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::uint32_t part = composite.operands[2 + axis];
      contract.local_size[axis] = constant_value(module, part);
      const auto found = module.decorations.find(part);
      if (found == module.decorations.end()) continue;
      const auto spec = found->second.find(decoration_spec_id);
      if (spec != found->second.end()) contract.local_size_ids[axis] = spec->second;
    }
  }
}

}  // namespace

KernelContract reflect(std::string_view name, std::span<const std::uint32_t> spirv) {
  const Module module = read_module(name, spirv);
  KernelContract contract;
  read_workgroup_size(module, contract);
  std::map<std::uint32_t, std::pair<Access, BindingKind>> bindings;
  std::vector<Access> addresses;
  for (const Instruction& variable : module.variables) {
    const std::uint32_t id = variable.operands[1], storage = variable.operands[2];
    if (storage != kStorageBuffer && storage != kStoragePushConstant &&
        storage != kStorageUniform) {
      continue;
    }
    const std::uint32_t type = module.definitions.at(variable.operands[0]).operands[2];
    if (storage == kStoragePushConstant) {
      contract.push_constant_bytes = size_bytes(module, type);
      addresses = read_addresses(module, type);
      continue;
    }
    const auto& decorations = module.decorations.at(id);
    if (decorations.at(decoration_descriptor_set) != 0) {
      reject(name, "a buffer is not in descriptor set 0");
    }
    bindings[decorations.at(decoration_binding)] =
        storage == kStorageUniform ? std::pair(Access::read, texels_of(name, module, type))
                                   : std::pair(access_of(module, id, type), BindingKind::buffer);
  }
  // Tensors that are not bound are given by address, in their order.
  const std::size_t count = bindings.size() + addresses.size();
  auto address = addresses.begin();
  for (std::uint32_t place = 0; place < count; ++place) {
    const auto bound = bindings.find(place);
    if (bound == bindings.end() && address == addresses.end()) {
      reject(name, fmt::format("binding {} is missing", place));
    }
    contract.bindings.push_back(bound != bindings.end() ? bound->second.first : *address++);
    contract.kinds.push_back(bound != bindings.end() ? bound->second.second : BindingKind::address);
  }
  return contract;
}

}  // namespace fovea::compute
