// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/config.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <tuple>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/config/check.hpp"
#include "pipeline/config/mask.hpp"
#include "pipeline/config/tree.hpp"

namespace fovea::pipeline {
namespace {

std::vector<Override> parse_overrides(std::span<const std::string> texts) {
  std::vector<Override> overrides;
  for (const std::string& text : texts) overrides.push_back(parse_override(text));
  return overrides;
}

void sort_by_place(std::vector<Fault>& faults) {
  std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
    // What an override brought in has no line: it comes after the file.
    const auto rank = [](const Place& place) {
      return std::tuple(place.line == 0, place.line, place.column);
    };
    return rank(a.place) < rank(b.place);
  });
}

/// "job.yaml:3:1 stages[0]", with `before` and `after` around the path.
std::string place_text(const Place& place, const char* before, const char* after) {
  std::string text = place.file;
  if (place.line > 0) {
    text += fmt::format(":{}:{}", place.line, place.column);
  }
  // An option such as --batch, or an argument such as SRC, names its key already.
  const std::string& file = place.file;
  const bool argument =
      std::all_of(file.begin(), file.end(), [](unsigned char c) { return std::isupper(c) != 0; });
  const bool names_key =
      place.line == 0 && !file.empty() && file != "--set" && (file[0] == '-' || argument);
  if (place.path.empty() || names_key) return text;
  return text.empty() ? place.path : text + before + place.path + after;
}

}  // namespace

std::string to_string(const Place& place) { return place_text(place, " (", ")"); }

std::string to_string(std::span<const Fault> faults) {
  std::string text;
  for (const Fault& fault : faults) {
    if (!text.empty()) text += "\n";
    const std::string place = place_text(fault.place, " ", "");
    if (!place.empty()) text += place + ": ";
    text += fault.what;
    if (!fault.fix.empty()) text += "\n  fix: " + fault.fix;
  }
  return text;
}

CheckedConfig check_config(const std::string& yaml, const std::string& name,
                           std::span<const Override> overrides, bool files_too) {
  CheckedConfig result;
  Document document;
  document.origins.push_back(name);
  document.root = parse_yaml(yaml, name, result.faults);
  if (!result.faults.empty()) return result;  // a broken text has no keys to speak of
  apply_overrides(document, overrides, result.faults);
  expand_environment(document, result.faults);
  // A value that did not expand is reported once, not again as a wrong type.
  const std::vector<Fault> unexpanded = result.faults;
  std::vector<Fault> found;
  check_structure(document, result.config, found);
  const auto reported = [&](const Fault& fault) {
    return std::any_of(unexpanded.begin(), unexpanded.end(), [&](const Fault& earlier) {
      return earlier.place.line > 0 && earlier.place.line == fault.place.line &&
             earlier.place.column == fault.place.column;
    });
  };
  std::erase_if(found, reported);
  const bool whole = found.empty() && unexpanded.empty();
  result.faults.insert(result.faults.end(), found.begin(), found.end());
  // A half-read chain would be blamed for what the other faults took from it.
  const auto in_stages = [](const Fault& fault) { return fault.place.path.starts_with("stages["); };
  if (std::none_of(result.faults.begin(), result.faults.end(), [&](const Fault& fault) {
        return in_stages(fault) && fault.what.starts_with("unknown stage");
      })) {
    check_chain(result.config, result.faults);
  }
  check_live(document, result.config, result.faults);
  check_view(result.config, result.faults);
  if (files_too && (whole || !result.config.sources.empty())) {
    check_files(result.config, result.faults);
  }
  sort_by_place(result.faults);
  for (Fault& fault : result.faults) {
    fault.what = masked(fault.what);
    fault.fix = masked(fault.fix);
  }
  return result;
}

CheckedConfig check_config_text(const std::string& yaml, const std::string& name,
                                std::span<const std::string> overrides, bool files_too) {
  return check_config(yaml, name, parse_overrides(overrides), files_too);
}

std::string read_config_file(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw ConfigError("the configuration is a folder", file.string(),
                      "give a YAML file, or classify the folder: fovea classify " + file.string());
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw ConfigError("the configuration cannot be opened", file.string(),
                      std::filesystem::exists(file, ignored)
                          ? "change its permissions"
                          : "check the path; examples lie in configs/");
  }
  // One byte more than allowed is enough for the parser to refuse it.
  std::string text(kMaxConfigBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

CheckedConfig check_config_file(const std::filesystem::path& file,
                                std::span<const std::string> overrides, bool files_too) {
  return check_config_text(read_config_file(file), file.string(), overrides, files_too);
}

RunConfig require_valid(CheckedConfig checked, const std::string& name) {
  if (checked.faults.empty()) return std::move(checked.config);
  if (checked.faults.size() == 1) {
    const Fault& fault = checked.faults.front();
    throw ConfigError(fault.what, to_string(fault.place), fault.fix);
  }
  throw ConfigError(
      to_string(checked.faults), name,
      "correct these " + std::to_string(checked.faults.size()) + " faults; nothing was run");
}

RunConfig load_config(const std::filesystem::path& file, std::span<const std::string> overrides) {
  return require_valid(check_config_file(file, overrides, true), file.string());
}

}  // namespace fovea::pipeline
