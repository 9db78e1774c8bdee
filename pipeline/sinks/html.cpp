// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/html_page.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"
#include "vision/draw.hpp"

namespace fovea::pipeline {
namespace {

constexpr int kJpegQuality = 84;
constexpr std::uint64_t kFailuresListed = 1000;
constexpr std::size_t kLeastSure = 12;       // cards held in memory
constexpr std::uint64_t kManyPictures = 24;  // fewer: the gallery comes first, and is enough

std::string data_uri(const cv::Mat& rgb) {
  if (rgb.empty()) return {};
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<unsigned char> jpeg;
  cv::imencode(".jpg", bgr, jpeg, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
  return "data:image/jpeg;base64," + base64(jpeg);
}

std::string random_nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// Of what was found in the picture; 0 where nothing was.
float best_score(const Frame& frame) {
  if (!frame.labels.empty()) return frame.labels.front().score;
  return frame.objects.empty() ? 0 : frame.objects.front().score;
}

cv::Mat with_objects(const Frame& frame) {
  if (frame.objects.empty() || frame.thumbnail.empty()) return frame.thumbnail;
  cv::Mat drawn = frame.thumbnail.clone();
  vision::draw_objects(drawn, frame.objects, {frame.width_px, frame.height_px});
  return drawn;
}

class HtmlSink final : public Sink {
 public:
  HtmlSink(const HtmlConfig& config, const RunIdentity& identity)
      : config_(config),
        identity_(identity),
        page_(config.path),
        cards_(config.path),
        failures_(config.path),
        folder_(std::filesystem::absolute(config.path).parent_path()) {}

  bool wants_thumbnail() const override { return true; }

  void write(const Outcome<Frame>& outcome) override {
    if (const auto* failure = std::get_if<Failure>(&outcome)) {
      if (totals_.failures_listed >= kFailuresListed) return;
      ++totals_.failures_listed;
      failures_.write(page_failure(*failure));
      return;
    }
    const auto& frame = std::get<Frame>(outcome);
    count(frame);
    const bool in_gallery =
        totals_.thumbnails < static_cast<std::uint64_t>(std::max(0, config_.max_thumbnails));
    const float score = best_score(frame);
    const bool unsure = least_sure_.size() < kLeastSure || score < least_sure_.rbegin()->first;
    if (!in_gallery && !unsure) return;
    const std::string card = page_card(frame, data_uri(with_objects(frame)), link_to(frame));
    if (in_gallery) {
      ++totals_.thumbnails;
      cards_.write(card);
    }
    if (unsure) {
      least_sure_.emplace(score, card);
      if (least_sure_.size() > kLeastSure) least_sure_.erase(std::prev(least_sure_.end()));
    }
  }

  void finish(const RunSummary& summary) override {
    for (auto& [id, one] : counts_) totals_.classes.push_back(one);
    std::ranges::stable_sort(totals_.classes, [](const ClassCount& a, const ClassCount& b) {
      return a.count > b.count;
    });
    const std::string nonce = random_nonce();
    page_.write(page_head(identity_, summary, totals_, nonce));
    if (totals_.pictures < kManyPictures) {
      write_gallery();
      page_.write(page_charts(totals_));
    } else {
      page_.write(page_charts(totals_));
      write_least_sure();
      write_gallery();
    }
    if (totals_.failures_listed > 0) {
      page_.write(page_failures_head(summary, totals_));
      failures_.copy_to(page_);
      page_.write("</tbody></table></div></div></section>\n");
    }
    page_.write(page_tail(identity_, summary, nonce));
    page_.commit();
  }

 private:
  void count(const Frame& frame) {
    ++totals_.pictures;
    totals_.sum_ms.decode_ms += frame.timings.decode_ms;
    totals_.sum_ms.preprocess_ms += frame.timings.preprocess_ms;
    totals_.sum_ms.inference_ms += frame.timings.inference_ms;
    if (!frame.labels.empty()) {
      const vision::Label& best = frame.labels.front();
      count(best.id, best.name, best.score);
      return;
    }
    for (const vision::Object& object : frame.objects) {
      totals_.detects = true;
      ++totals_.objects;
      count(object.id, object.name, object.score);
    }
  }

  void count(int id, const std::string& name, float score) {
    const int bin = std::clamp(static_cast<int>(score * kScoreBins), 0, kScoreBins - 1);
    ++totals_.histogram[static_cast<std::size_t>(bin)];
    ClassCount& one = counts_[id];
    if (one.count++ == 0) one = {id, name, 1};
  }

  // Relative, so that page and pictures can move together; never a scheme such as javascript:.
  std::string link_to(const Frame& frame) const {
    if (frame.path.empty()) return {};
    const auto from_page = std::filesystem::absolute(frame.path).lexically_relative(folder_);
    return from_page.empty() ? std::string() : "./" + percent_encode_path(from_page.string());
  }

  void write_gallery() {
    if (totals_.thumbnails == 0) return;
    page_.write(page_gallery_head(totals_));
    cards_.copy_to(page_);
    page_.write("</ul></section>\n");
  }

  void write_least_sure() {
    page_.write(
        "<section aria-label=\"Least sure\"><h2>Worth a look: the least sure</h2>\n"
        "<ul class=\"cards\">\n");
    for (const auto& [score, card] : least_sure_) page_.write(card);
    page_.write("</ul></section>\n");
  }

  HtmlConfig config_;
  RunIdentity identity_;
  AtomicFile page_;
  SpoolFile cards_, failures_;
  std::filesystem::path folder_;
  PageTotals totals_;
  std::map<int, ClassCount> counts_;
  std::multimap<float, std::string> least_sure_;
};

}  // namespace

std::unique_ptr<Sink> make_html_sink(const HtmlConfig& config, const RunIdentity& identity) {
  return std::make_unique<HtmlSink>(config, identity);
}

}  // namespace fovea::pipeline
