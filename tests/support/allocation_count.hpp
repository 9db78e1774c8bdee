// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts what a thread takes from the heap. A test program that links allocation_count.cpp has
// operator new replaced; malloc and its kin, as Fovea's own objects call them, are counted by
// the linker's --wrap (tests/device/CMakeLists.txt). What a driver written in C takes inside
// its own library is its own affair and not counted.

#include <cstdint>

namespace fovea::test {

/// Allocations of this thread since the object was made.
class AllocationCount {
 public:
  AllocationCount() : before_(total()) {}
  std::uint64_t count() const { return total() - before_; }

 private:
  static std::uint64_t total();
  std::uint64_t before_;
};

}  // namespace fovea::test
