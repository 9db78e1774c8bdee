// SPDX-License-Identifier: Apache-2.0
#pragma once
// A pickle interpreter that can only describe tensors. It knows the globals that a saved
// state_dict uses, by name; any other is refused, by name. There is no code path
// that calls, imports or constructs anything else.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace fovea::vision {

/// Values lie in one arena and refer to each other by index, so that no nesting, however
/// deep, becomes recursion.
using PickleId = std::uint32_t;

struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    tuple,
    list,
    dict,
    global,
    storage,
    tensor,
    mark,
  };

  Kind kind = Kind::none;
  std::int64_t integer = 0;     // integer, boolean; a storage's element count
  std::string text;             // text; a global's "module name"; a storage's key
  std::string storage_type;     // "FloatStorage"
  std::vector<PickleId> items;  // tuple, list; dict: key, value, ...; tensor: its arguments
};

struct PickleResult {
  std::deque<PickleValue> values;
  PickleId root = 0;
};

/// Runs a pickle of protocol 2 to 5.
/// Throws ModelError naming the opcode or global that is not allowed, or what is malformed.
PickleResult run_pickle(std::span<const std::byte> pickle, const std::string& where);

}  // namespace fovea::vision
