// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parts of the HTML summary, as text. html.cpp gathers the numbers and puts the parts
// together. All text that comes from outside is escaped here.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/frame.hpp"
#include "pipeline/sinks/sink.hpp"

namespace fovea::pipeline {

struct ClassCount {
  int id = 0;
  std::string name;
  std::uint64_t count = 0;
};

inline constexpr int kScoreBins = 20;

/// What the page says about all pictures, whether it shows them or not.
struct PageTotals {
  std::vector<ClassCount> classes;                    // most frequent first
  std::array<std::uint64_t, kScoreBins> histogram{};  // of scores: best labels', or all objects'
  Timings sum_ms;                                     // over all pictures
  std::uint64_t pictures = 0, thumbnails = 0;
  std::uint64_t failures_listed = 0;
  std::uint64_t objects = 0;
  bool detects = false;  // classes and scores are those of objects, not of pictures
};

/// <!doctype html> up to and with the opening <main>. `nonce` admits the page's own script
/// and no other.
std::string page_head(const RunIdentity& identity, const RunSummary& summary,
                      const PageTotals& totals, std::string_view nonce);
/// Class bars, score histogram, where the time went.
std::string page_charts(const PageTotals& totals);
/// Search, order and filter, and the opening of the list of cards.
std::string page_gallery_head(const PageTotals& totals);
/// Opening of the table of failures, up to its first row.
std::string page_failures_head(const RunSummary& summary, const PageTotals& totals);
/// Which run this was, its configuration, the script, and </html>.
std::string page_tail(const RunIdentity& identity, const RunSummary& summary,
                      std::string_view nonce);

/// One picture as <li>. `image` is a data: URI or empty, `href` a relative link or empty.
/// Without labels it lists its objects, or says that nothing was found.
std::string page_card(const Frame& frame, std::string_view image, std::string_view href);
/// One failure as <tr>.
std::string page_failure(const Failure& failure);

/// 1536 -> "1.5 kB"
std::string human_bytes(std::uint64_t bytes);

/// The page's fixed parts (html_assets.cpp).
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

}  // namespace fovea::pipeline
