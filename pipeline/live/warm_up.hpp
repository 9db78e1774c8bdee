// SPDX-License-Identifier: Apache-2.0
#pragma once
// The first batch through a model takes long, as the driver compiles its kernels then. Here that
// happens before any camera is open, so that no frame has to wait for it.

#include <atomic>
#include <cstddef>

#include "pipeline/line/chain.hpp"

namespace fovea::pipeline {

/// Sends grey pictures of 640x480 through every model of the chain and waits for them, in batches
/// of 1, 2, 4 ... `frames`, and of crops as many as their model takes: a model has a program for
/// each. False once `stop` is set, which is looked at between batches. Throws what models throw.
/// Requires: frames >= 1; nothing else uses the chain meanwhile.
bool warm_up(const Chain& chain, std::size_t frames, const std::atomic<bool>* stop);

}  // namespace fovea::pipeline
