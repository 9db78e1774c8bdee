// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/answer_file.hpp"

#include <fstream>
#include <utility>

#include "compute/error.hpp"
#include "pipeline/sinks/file.hpp"

namespace fovea::pipeline {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxAnswers = 200;  // the oldest go first

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

std::optional<Json> recall_answer(const std::filesystem::path& file, const std::string& key) {
  if (file.empty()) return std::nullopt;
  const Json answers = read_answers(file);
  const auto found = answers.find(key);
  return found == answers.end() ? std::nullopt : std::optional<Json>(*found);
}

bool remember_answer(const std::filesystem::path& file, const std::string& key, Json answer) {
  if (file.empty()) return false;
  Json answers = read_answers(file);
  answers.erase(key);  // so that it becomes the newest
  while (answers.size() >= kMaxAnswers) answers.erase(answers.begin());
  answers[key] = std::move(answer);
  try {
    make_parent_folder(file);
    AtomicFile out(file);
    out.write(to_pretty({{"format", kFormat}, {"answers", std::move(answers)}}) + "\n");
    out.commit();
  } catch (const Error&) {
    return false;  // the caller says so
  }
  return true;
}

}  // namespace fovea::pipeline
