// SPDX-License-Identifier: Apache-2.0
#pragma once
// Work that splits into independent parts, on all cores: packing weights, compiling kernels.
// For starting up, not for frames: it starts threads.

#include <cstddef>
#include <functional>

namespace fovea::compute {

/// Calls work(0) .. work(count - 1), each once, on this thread and as many others as the
/// machine has cores; returns when all of them have returned. Where calls throw, parts not yet
/// begun are left and what the lowest-numbered of them threw is thrown here.
/// Requires: calls may run at the same time.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace fovea::compute
