// SPDX-License-Identifier: Apache-2.0
#pragma once
// The page of a live run: pictures with what was found in them, how every source is doing,
// /metrics and /healthz. docs/page.md says who may see it and what each address answers.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/view_address.hpp"
#include "pipeline/live/observer.hpp"
#include "pipeline/view/board.hpp"

namespace fovea::pipeline {

struct ViewOptions {
  ViewAddress address{"127.0.0.1", 8080};
  std::string token;               // empty: whoever reaches the address may look
  std::vector<std::string> hosts;  // further names that it is called by, as behind a proxy
  ViewBoardOptions board;
  std::string version;  // of Fovea, for /metrics
  /// Told the page's address, with its real port, once it can be opened.
  std::function<void(const std::string& url)> on_open;
};

class View final : public LiveObserver {
 public:
  explicit View(ViewOptions options);
  ~View() override;
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  /// Listens when it returns. Throws ConfigError where the address is not to be had.
  void begin(std::function<LiveStatus()> status) override;
  /// Shows the frame to whoever watches. Waits for nobody and encodes nothing.
  void answered(std::size_t source, const Frame& frame) override;
  /// Takes less than a second, whatever viewers are doing.
  void end() noexcept override;

  static constexpr int kMaxViewers = 16;

 private:
  struct Site;
  const ViewOptions options_;
  std::unique_ptr<Site> site_;
};

}  // namespace fovea::pipeline
