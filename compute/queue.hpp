// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Vulkan queue and the timeline that counts its submissions: what waits for what, on the
// device and on the host, without a fence for each. For compute/*.cpp only.

#include <cstdint>
#include <mutex>

#include "compute/vulkan.hpp"

namespace fovea::compute {

/// Reached when the submission it stands for is done. The default is reached at once.
struct Moment {
  VkSemaphore timeline = VK_NULL_HANDLE;
  std::uint64_t value = 0;
};

/// Thread-safe. Work of one queue is done in the order of its submissions.
class Queue {
 public:
  /// `mutex` guards `handle`, which several Queues may share; it outlives them.
  Queue(VkDevice device, VkQueue handle, std::mutex& mutex);

  /// The work starts when `after` is reached, a moment of this queue or of another.
  Moment submit(VkCommandBuffer commands, const Moment& after = {});

 private:
  VkQueue handle_;
  std::mutex& mutex_;
  vk::SemaphoreHandle timeline_;
  std::uint64_t submissions_ = 0;
};

/// Blocks the calling thread: VK_SUCCESS, VK_TIMEOUT or an error.
VkResult wait_for(VkDevice device, const Moment& moment, std::uint64_t timeout_ns);

}  // namespace fovea::compute
