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

std::vector<std::string> names_of(const LiveStatus& status) {
  std::vector<std::string> names;
  for (const SourceStatus& source : status.sources) names.push_back(source.name);
  return names;
}

}  // namespace

ViewBoard::ViewBoard(ViewBoardOptions options, std::function<LiveStatus()> status,
                     std::function<void()> wake)
    : options_(std::move(options)),
      status_(std::move(status)),
      wake_(std::move(wake)),
      names_(names_of(status_())),
      slots_(names_.size()),
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

void ViewBoard::publish(std::size_t source, const Frame& frame) {
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  for (const Event& event : frame.events) {
    events_.push_back(event_json(event, names_[source], frame.tag, ++event_number_));
    if (events_.size() > kMaxEvents) events_.pop_front();
  }
  Slot& slot = slots_[source];
  if (now < slot.next_take || frame.image.rgb.empty()) return;
  const Clock::duration every =
      viewers_ > 0 ? Clock::duration(std::chrono::nanoseconds(1'000'000'000 / options_.fps))
                   : Clock::duration(kUnwatchedEvery);
  // From the last due time, not from now: 12 frames a second at most 10 are 10, not 6.
  slot.next_take = std::max(slot.next_take + every, now);
  slot.rgb = frame.image.rgb;
  slot.attention = frame.attention;
  slot.size = {frame.width_px, frame.height_px};
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
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.rgb.empty()) continue;
    // Only this thread writes packets.
    const cv::Mat rgb = std::exchange(slot.rgb, cv::Mat());
    const std::optional<Attention> attention = std::exchange(slot.attention, std::nullopt);
    const cv::Size size = slot.size;
    const std::string json = frame_json(names_[i], slot.record);
    lock.unlock();
    const cv::Mat sent = picture_to_send(rgb, options_.max_px, attention, size);
    Packet packet = shared(make_packet(json, encode_picture(sent)));
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
      return stop_ || (viewers_ > 0 && std::ranges::any_of(slots_, [](const Slot& slot) {
                         return !slot.rgb.empty();
                       }));
    });
  }
}

ViewBoard::Viewer::Viewer(ViewBoard& board) : board_(board), pictures_(board.names_.size()) {
  {
    const std::lock_guard lock(board_.mutex_);
    if (board_.viewers_++ == 0) {
      for (Slot& slot : board_.slots_) {
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
  std::size_t oldest = board_.slots_.size();
  for (std::size_t i = 0; i < board_.slots_.size(); ++i) {
    const Slot& slot = board_.slots_[i];
    if (slot.packet == nullptr || slot.number <= pictures_[i]) continue;
    if (oldest == board_.slots_.size() || slot.number < board_.slots_[oldest].number) oldest = i;
  }
  if (oldest == board_.slots_.size()) return nullptr;
  pictures_[oldest] = board_.slots_[oldest].number;
  return board_.slots_[oldest].packet;
}

}  // namespace fovea::pipeline
