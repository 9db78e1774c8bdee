// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/board.hpp"

#include <algorithm>
#include <utility>

#include "pipeline/sinks/sinks.hpp"
#include "pipeline/view/packet.hpp"

namespace fovea::pipeline {
namespace {

// While nobody watches, now and then one is kept: the first viewer sees a picture at once.
constexpr std::chrono::seconds kUnwatchedEvery{1};

std::shared_ptr<const std::string> shared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace

ViewBoard::ViewBoard(ViewBoardOptions options, std::function<LiveStatus()> status,
                     std::function<void()> wake)
    : options_(std::move(options)),
      status_(std::move(status)),
      wake_(std::move(wake)),
      worker_([this] { work(); }) {}

ViewBoard::~ViewBoard() { stop(); }

void ViewBoard::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  news_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void ViewBoard::publish(const Frame& frame) {
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  for (const Event& event : frame.events) {
    events_.push_back(event_json(event, frame.tag, ++event_number_));
    if (events_.size() > kMaxEvents) events_.pop_front();
  }
  Slot& slot = slots_[frame.tag.source];
  if (now < slot.next_take || frame.image.rgb.empty()) return;
  const Clock::duration every =
      viewers_ > 0 ? Clock::duration(std::chrono::nanoseconds(1'000'000'000 / options_.fps))
                   : Clock::duration(kUnwatchedEvery);
  // From the last due time, not from now: 12 frames a second at most 10 are 10, not 6.
  slot.next_take = std::max(slot.next_take + every, now);
  slot.rgb = frame.image.rgb;
  slot.record = to_record(frame);
  if (viewers_ > 0) news_.notify_one();
}

std::vector<Complaint> ViewBoard::complaints(const LiveStatus& status) const {
  const std::lock_guard lock(mutex_);
  return health_.complaints(status, Clock::now());
}

std::uint64_t ViewBoard::encoded() const {
  const std::lock_guard lock(mutex_);
  return pictures_;
}

void ViewBoard::refresh_status() {
  const LiveStatus status = status_();
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  health_.observe(status, now);
  if (viewers_ == 0) return;
  status_packet_ = shared(make_packet(status_json(status, health_.complaints(status, now))));
  ++status_number_;
}

bool ViewBoard::encode_waiting(std::unique_lock<std::mutex>& lock) {
  bool any = false;
  for (auto& [name, slot] : slots_) {
    if (slot.rgb.empty()) continue;
    // The map keeps its entries where they are, and only this thread writes packets.
    const cv::Mat rgb = std::exchange(slot.rgb, cv::Mat());
    const std::string json = frame_json(slot.record);
    lock.unlock();
    Packet packet = shared(make_packet(json, encode_picture(rgb, options_.max_px)));
    lock.lock();
    slot.packet = std::move(packet);
    slot.number = ++pictures_;
    any = true;
  }
  return any;
}

void ViewBoard::work() {
  Clock::time_point next_status;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    bool news = viewers_ > 0 && encode_waiting(lock);
    if (Clock::now() >= next_status) {
      lock.unlock();
      refresh_status();
      lock.lock();
      next_status = Clock::now() + kStatusEvery;
      news = viewers_ > 0;
    }
    if (news) {
      lock.unlock();
      wake_();
      lock.lock();
    }
    news_.wait_until(lock, next_status, [this] {
      return stop_ || (viewers_ > 0 && std::any_of(slots_.begin(), slots_.end(), [](auto& slot) {
                         return !slot.second.rgb.empty();
                       }));
    });
  }
}

ViewBoard::Viewer::Viewer(ViewBoard& board) : board_(board) {
  {
    const std::lock_guard lock(board_.mutex_);
    if (board_.viewers_++ == 0) {
      for (auto& [name, slot] : board_.slots_) {
        slot.next_take = Clock::time_point();
        // Of the last viewer's time, where there is a newer picture.
        if (!slot.rgb.empty()) slot.packet.reset();
      }
    }
    status_ = board_.status_number_;
  }
  board_.news_.notify_one();
}

ViewBoard::Viewer::~Viewer() {
  const std::lock_guard lock(board_.mutex_);
  --board_.viewers_;
}

ViewBoard::Packet ViewBoard::Viewer::next() {
  const std::lock_guard lock(board_.mutex_);
  if (!std::exchange(greeted_, true)) {
    return shared(make_packet(hello_json(board_.options_.scene)));
  }
  if (board_.status_number_ > status_) {
    status_ = board_.status_number_;
    return board_.status_packet_;
  }
  if (board_.event_number_ > event_) {
    const std::uint64_t unseen =
        std::min<std::uint64_t>(board_.event_number_ - event_, board_.events_.size());
    event_ = board_.event_number_;
    const auto first = board_.events_.end() - static_cast<std::ptrdiff_t>(unseen);
    return shared(make_packet(events_json({first, board_.events_.end()})));
  }
  const Slot* oldest = nullptr;
  const std::string* name = nullptr;
  for (const auto& [source, slot] : board_.slots_) {
    if (slot.packet == nullptr || slot.number <= pictures_[source]) continue;
    if (oldest == nullptr || slot.number < oldest->number) {
      oldest = &slot;
      name = &source;
    }
  }
  if (oldest == nullptr) return nullptr;
  pictures_[*name] = oldest->number;
  return oldest->packet;
}

}  // namespace fovea::pipeline
