// SPDX-License-Identifier: Apache-2.0
// What int8 changes, as text: for a terminal and as JSON.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "pipeline/eval/int8_report.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

double percent(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(all);
}

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.2f} MiB", static_cast<double>(bytes) / (1 << 20));
}

double worst_error(const vision::Int8Summary& weights) {
  double worst = 0;
  for (const vision::Int8Layer& layer : weights.layers) worst = std::max(worst, layer.worst_error);
  return worst;
}

std::string accuracy_text(const Int8Report& report) {
  const LogitDifference& logits = report.logits;
  if (logits.known == 0) {
    return "not counted: " +
           (report.no_accuracy.empty() ? "no picture could be read" : report.no_accuracy);
  }
  const double before = percent(logits.right_before, logits.known);
  const double after = percent(logits.right_after, logits.known);
  return fmt::format("{:.2f} % in fp32, {:.2f} % in int8 ({:+.2f} points)", before, after,
                     after - before);
}

}  // namespace

std::string to_text(const Int8Report& report, bool layers) {
  const LogitDifference& logits = report.logits;
  const vision::Int8Summary& weights = report.weights;
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<10}{}\n", name, value);
  };
  line("model",
       fmt::format("{} on {}", printable(report.model), printable(report.run.identity.device)));
  line("pictures",
       fmt::format("{} of {}{}", with_commas(logits.pictures), printable(report.pictures),
                   report.run.summary.failed == 0
                       ? ""
                       : fmt::format(", {} more could not be read",
                                     with_commas(report.run.summary.failed))));
  line("answers", fmt::format("{} of {} change ({:.2f} %)", with_commas(logits.changed),
                              with_commas(logits.pictures), 100 * logits.changed_share()));
  line("accuracy", printable(accuracy_text(report)));
  line("logits",
       fmt::format("differ by {:.2g} on average and {:.2g} at most, of a range of {:.3g}; "
                   "cosine {:.6f} on average, {:.6f} at least",
                   logits.mean_abs, logits.max_abs, logits.mean_range, logits.mean_cosine,
                   logits.min_cosine));
  line("weights",
       fmt::format("{} -> {} in the file ({:.0f} %); worst error {:.2f} % of the "
                   "largest in its row",
                   mebibytes(weights.bytes_before), mebibytes(weights.bytes_after),
                   percent(weights.bytes_after, weights.bytes_before), 100 * worst_error(weights)));
  for (const ChangedAnswer& one : report.changed) {
    line("changed", fmt::format("{}: {} ({:.2f}) -> {} ({:.2f})", source_field(one.source),
                                printable(one.before.name), one.before.score,
                                printable(one.after.name), one.after.score));
  }
  if (logits.changed > report.changed.size()) {
    line("", fmt::format("and {} more", with_commas(logits.changed - report.changed.size())));
  }
  if (!layers) return text;
  text += "\nworst error of a row, bytes before and after, matrix\n";
  for (const vision::Int8Layer& layer : weights.layers) {
    text += fmt::format("{:6.3f} %  {:>12}  {:>12}  {}\n", 100 * layer.worst_error,
                        with_commas(layer.bytes_before), with_commas(layer.bytes_after),
                        printable(layer.name));
  }
  return text;
}

std::string to_json(const Int8Report& report) {
  const LogitDifference& logits = report.logits;
  Json changed = Json::array(), layers = Json::array();
  for (const ChangedAnswer& one : report.changed) {
    changed.push_back({{"source", source_field(one.source)},
                       {"fp32", {{"label", one.before.name}, {"score", one.before.score}}},
                       {"int8", {{"label", one.after.name}, {"score", one.after.score}}}});
  }
  for (const vision::Int8Layer& layer : report.weights.layers) {
    layers.push_back({{"name", layer.name},
                      {"worst_relative_error", rounded(layer.worst_error, 6)},
                      {"bytes_before", layer.bytes_before},
                      {"bytes_after", layer.bytes_after}});
  }
  Json json{
      {"model", report.model},       {"device", report.run.identity.device},
      {"pictures", logits.pictures}, {"failed", report.run.summary.failed},
      {"changed", logits.changed},   {"changed_percent", rounded(100 * logits.changed_share(), 4)}};
  if (logits.known > 0) {
    json["accuracy"] = {{"pictures", logits.known},
                        {"fp32_percent", rounded(percent(logits.right_before, logits.known), 4)},
                        {"int8_percent", rounded(percent(logits.right_after, logits.known), 4)}};
  } else {
    json["accuracy"] = nullptr;
  }
  json["logits"] = {{"max_abs", logits.max_abs},
                    {"mean_abs", logits.mean_abs},
                    {"mean_range", logits.mean_range},
                    {"mean_cosine", logits.mean_cosine},
                    {"min_cosine", logits.min_cosine}};
  json["weights"] = {{"bytes_before", report.weights.bytes_before},
                     {"bytes_after", report.weights.bytes_after},
                     {"layers", std::move(layers)}};
  json["changed_pictures"] = std::move(changed);
  return to_pretty(json);
}

}  // namespace fovea::pipeline
