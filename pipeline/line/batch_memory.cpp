// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/batch_memory.hpp"

#include "pipeline/line/answer_file.hpp"

namespace fovea::pipeline {

namespace {

constexpr int kMostPictures = 1024;

}  // namespace

std::optional<BatchChoice> BatchMemory::recall(const std::string& key) const {
  const std::optional<Json> found = recall_answer(file_, key);
  if (!found || !found->is_object()) return std::nullopt;
  const Json batch = found->value("batch", Json()), speed = found->value("images_per_s", Json());
  const Json why = found->value("why", Json());
  if (!batch.is_number_integer() || !speed.is_number() || !why.is_string()) return std::nullopt;
  const auto pictures = batch.get<std::int64_t>();
  if (pictures < 1 || pictures > kMostPictures) return std::nullopt;
  return BatchChoice{static_cast<int>(pictures), speed.get<double>(), why.get<std::string>()};
}

bool BatchMemory::remember(const std::string& key, const BatchChoice& choice) const {
  return remember_answer(file_, key,
                         {{"batch", choice.batch},
                          {"images_per_s", rounded(choice.images_per_s, 2)},
                          {"why", choice.why}});
}

}  // namespace fovea::pipeline
