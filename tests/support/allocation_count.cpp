// SPDX-License-Identifier: Apache-2.0
#include "tests/support/allocation_count.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace fovea::test {
namespace {

thread_local std::uint64_t allocations = 0;

}  // namespace

std::uint64_t AllocationCount::total() { return allocations; }

}  // namespace fovea::test

// The linker sends calls of malloc here, and calls of __real_malloc to malloc.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the linker chooses these names
void* __real_malloc(std::size_t bytes);
void* __real_calloc(std::size_t count, std::size_t bytes);
void* __real_realloc(void* old, std::size_t bytes);
void* __real_aligned_alloc(std::size_t alignment, std::size_t bytes);
int __real_posix_memalign(void** out, std::size_t alignment, std::size_t bytes);

void* __wrap_malloc(std::size_t bytes) {
  ++fovea::test::allocations;
  return __real_malloc(bytes);
}
void* __wrap_calloc(std::size_t count, std::size_t bytes) {
  ++fovea::test::allocations;
  return __real_calloc(count, bytes);
}
void* __wrap_realloc(void* old, std::size_t bytes) {
  ++fovea::test::allocations;
  return __real_realloc(old, bytes);
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t bytes) {
  ++fovea::test::allocations;
  return __real_aligned_alloc(alignment, bytes);
}
int __wrap_posix_memalign(void** out, std::size_t alignment, std::size_t bytes) {
  ++fovea::test::allocations;
  return __real_posix_memalign(out, alignment, bytes);
}
// NOLINTEND(bugprone-reserved-identifier)
}

// All other forms of new and new[] end in these two.
void* operator new(std::size_t bytes) {
  if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (bytes + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
