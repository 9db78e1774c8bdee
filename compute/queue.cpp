// SPDX-License-Identifier: Apache-2.0
#include "compute/queue.hpp"

namespace fovea::compute {

Queue::Queue(VkDevice device, VkQueue handle, std::mutex& mutex) : handle_(handle), mutex_(mutex) {
  VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  const VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};
  VkSemaphore timeline = VK_NULL_HANDLE;
  vk::check(vkCreateSemaphore(device, &info, nullptr, &timeline), "make a timeline semaphore");
  timeline_ = {device, timeline};
}

Moment Queue::submit(VkCommandBuffer commands, const Moment& after) {
  // All commands, not only shaders: a timestamp must not be taken while inputs are on their way.
  constexpr VkPipelineStageFlags kWhole = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  const std::uint32_t waits = after.timeline == VK_NULL_HANDLE ? 0 : 1;
  const VkSemaphore timeline = timeline_.get();
  const std::lock_guard lock(mutex_);
  const std::uint64_t value = submissions_ + 1;
  VkTimelineSemaphoreSubmitInfo values{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
  values.waitSemaphoreValueCount = waits;
  values.pWaitSemaphoreValues = &after.value;
  values.signalSemaphoreValueCount = 1;
  values.pSignalSemaphoreValues = &value;
  VkSubmitInfo submission{VK_STRUCTURE_TYPE_SUBMIT_INFO, &values};
  submission.waitSemaphoreCount = waits;
  submission.pWaitSemaphores = &after.timeline;
  submission.pWaitDstStageMask = &kWhole;
  submission.commandBufferCount = 1;
  submission.pCommandBuffers = &commands;
  submission.signalSemaphoreCount = 1;
  submission.pSignalSemaphores = &timeline;
  vk::check(vkQueueSubmit(handle_, 1, &submission, VK_NULL_HANDLE), "submit work");
  submissions_ = value;
  return {timeline, value};
}

VkResult wait_for(VkDevice device, const Moment& moment, std::uint64_t timeout_ns) {
  if (moment.timeline == VK_NULL_HANDLE) return VK_SUCCESS;
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
  info.semaphoreCount = 1;
  info.pSemaphores = &moment.timeline;
  info.pValues = &moment.value;
  return vkWaitSemaphores(device, &info, timeout_ns);
}

}  // namespace fovea::compute
