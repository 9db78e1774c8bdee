// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/watched_folder.hpp"

#include <algorithm>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

// A look may take at most this share of the time.
constexpr int kLookShare = 20;
constexpr std::chrono::milliseconds kNap{50};

class WatchedFolder : public Camera {
 public:
  WatchedFolder(WatchedFolderOptions options, std::shared_ptr<Arrivals> arrivals,
                const Cancel& cancel)
      : options_(std::move(options)), arrivals_(std::move(arrivals)), cancel_(cancel) {
    require_folder();
    for (const auto& path : options_.not_input) {
      std::error_code error;
      folder_.not_input.insert(fs::weakly_canonical(fs::absolute(path), error));
    }
  }

  std::string mode() const override { return "watching"; }

  std::optional<Shot> read() override {
    while (!cancel_.load()) {
      if (!ready_.empty()) {
        Shot shot = shot_now(std::move(ready_.front()));
        ready_.pop_front();
        return shot;
      }
      const auto begun = Clock::now();
      if (begun >= next_look_) {
        look();
        next_look_ = Clock::now() +
                     std::max<Clock::duration>(options_.every, kLookShare * (Clock::now() - begun));
        continue;
      }
      std::this_thread::sleep_for(std::min<Clock::duration>(kNap, next_look_ - begun));
    }
    return std::nullopt;
  }

 private:
  void require_folder() const {
    std::error_code error;
    if (!fs::is_directory(options_.config.path, error)) {
      throw CameraError("there is no folder " + options_.config.path.string());
    }
  }

  void look() {
    require_folder();
    Arrivals::Listing listing;
    std::map<std::string, Packet> packets;
    FolderSource folder(options_.config, folder_);
    // What cannot be looked into now may be, next time: only files count here.
    while (auto item = folder.next()) {
      auto* packet = std::get_if<Packet>(&*item);
      if (packet == nullptr) continue;
      std::error_code error;
      const auto bytes = fs::file_size(packet->path, error);
      if (error) continue;
      const auto changed = fs::last_write_time(packet->path, error);
      if (error) continue;
      const std::string name = packet->path.string();
      listing.emplace_back(name, Arrivals::State{bytes, changed.time_since_epoch().count()});
      packets.emplace(name, std::move(*packet));
    }
    for (const std::string& name : arrivals_->settled(listing)) {
      ready_.push_back(std::move(packets.at(name)));
    }
  }

  WatchedFolderOptions options_;
  FolderOptions folder_;
  std::shared_ptr<Arrivals> arrivals_;
  const Cancel& cancel_;
  std::deque<Packet> ready_;
  Clock::time_point next_look_;
};

}  // namespace

std::vector<std::string> Arrivals::settled(const Listing& listing) {
  std::lock_guard lock(mutex_);
  std::vector<std::string> settled;
  std::map<std::string, Known> now;
  for (const auto& [name, state] : listing) {
    const auto before = known_.find(name);
    Known known{state, false};
    if (before != known_.end() && before->second.state == state) {
      known.given = before->second.given;
      if (!known.given && state.bytes > 0) {
        known.given = true;
        settled.push_back(name);
      }
    }
    now.emplace(name, known);
  }
  known_ = std::move(now);
  return settled;
}

std::unique_ptr<Camera> watch_folder(const WatchedFolderOptions& options,
                                     std::shared_ptr<Arrivals> arrivals, const Cancel& cancel) {
  return std::make_unique<WatchedFolder>(options, std::move(arrivals), cancel);
}

}  // namespace fovea::pipeline
