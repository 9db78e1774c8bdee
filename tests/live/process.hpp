// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this process holds, for tests of leaks.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <malloc.h>
#include <unistd.h>

namespace fovea::pipeline::fakes {

/// Resident memory, after what malloc only keeps for later has been given back.
inline std::uint64_t resident_bytes() {
  ::malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

inline std::size_t entries(const char* folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}
inline std::size_t open_descriptors() { return entries("/proc/self/fd"); }
inline std::size_t running_threads() { return entries("/proc/self/task"); }

}  // namespace fovea::pipeline::fakes
