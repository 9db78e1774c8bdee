// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/config.hpp"

#include <algorithm>
#include <fstream>
#include <tuple>

#include "compute/error.hpp"
#include "pipeline/config/check.hpp"
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

}  // namespace

std::string to_string(std::span<const Fault> faults) {
  std::string text;
  for (const Fault& fault : faults) {
    if (!text.empty()) text += "\n";
    std::string place = fault.place.file;
    if (fault.place.line > 0) {
      place += ":" + std::to_string(fault.place.line) + ":" + std::to_string(fault.place.column);
    }
    // An option such as --batch names its key already.
    const bool is_option = fault.place.line == 0 && place.starts_with("-") && place != "--set";
    if (!fault.place.path.empty() && !is_option) {
      place += (place.empty() ? "" : " ") + fault.place.path;
    }
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
  if (files_too && (whole || !result.config.sources.empty())) {
    check_files(result.config, result.faults);
  }
  sort_by_place(result.faults);
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
  const std::size_t count = checked.faults.size();
  throw ConfigError(to_string(checked.faults), name,
                    count == 1 ? "correct this, then: fovea check CONFIG.yaml"
                               : "correct these " + std::to_string(count) +
                                     " faults, then: fovea check CONFIG.yaml");
}

RunConfig load_config(const std::filesystem::path& file, std::span<const std::string> overrides) {
  return require_valid(check_config_file(file, overrides, true), file.string());
}

}  // namespace fovea::pipeline
