// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/batch_memory.hpp"

#include <fstream>

#include "compute/error.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxAnswers = 200;  // the oldest go first
constexpr int kMostPictures = 1024;

/// The answers by key; an empty object when the file is absent, damaged or of another format.
Json read_answers(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxFileBytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || document.value("format", Json()) != kFormat) return Json::object();
  Json answers = document.value("answers", Json::object());
  return answers.is_object() ? answers : Json::object();
}

}  // namespace

std::optional<BatchChoice> BatchMemory::recall(const std::string& key) const {
  if (file_.empty()) return std::nullopt;
  const Json answers = read_answers(file_);
  const auto found = answers.find(key);
  if (found == answers.end() || !found->is_object()) return std::nullopt;
  const Json batch = found->value("batch", Json()), speed = found->value("images_per_s", Json());
  const Json why = found->value("why", Json());
  if (!batch.is_number_integer() || !speed.is_number() || !why.is_string()) return std::nullopt;
  const auto pictures = batch.get<std::int64_t>();
  if (pictures < 1 || pictures > kMostPictures) return std::nullopt;
  return BatchChoice{static_cast<int>(pictures), speed.get<double>(), why.get<std::string>()};
}

bool BatchMemory::remember(const std::string& key, const BatchChoice& choice) const {
  if (file_.empty()) return false;
  Json answers = read_answers(file_);
  answers.erase(key);  // so that it becomes the newest
  while (answers.size() >= kMaxAnswers) answers.erase(answers.begin());
  answers[key] = {{"batch", choice.batch},
                  {"images_per_s", rounded(choice.images_per_s, 2)},
                  {"why", choice.why}};
  try {
    make_parent_folder(file_);
    AtomicFile out(file_);
    out.write(to_pretty({{"format", kFormat}, {"answers", std::move(answers)}}) + "\n");
    out.commit();
  } catch (const Error&) {
    return false;  // the caller says so
  }
  return true;
}

}  // namespace fovea::pipeline
