// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <type_traits>

#include <fmt/format.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/config/check.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/nearest.hpp"
#include "pipeline/sources/glob.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

bool may(const fs::path& path, int mode) { return ::access(path.c_str(), mode) == 0; }

/// Paths are relative to the working directory; a reader who expects "relative to the file"
/// gets told where the thing was seen.
std::string seen_beside_file(const fs::path& path, const std::string& file) {
  if (path.is_absolute() || file.empty()) return {};
  std::error_code ignored;
  const fs::path beside = fs::path(file).parent_path() / path;
  if (beside == path || !fs::exists(beside, ignored)) return {};
  return "paths are relative to the folder fovea is started in: start it in '" +
         fs::path(file).parent_path().string() + "', or write '" + beside.string() + "'";
}

std::string nearest_beside(const fs::path& path) {
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::vector<std::string> names;
  constexpr std::size_t kLooked = 10'000;  // a hint is not worth reading a whole archive
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    names.push_back(entry->path().filename().string());
    if (names.size() >= kLooked) break;
  }
  if (names.empty() && !fs::is_directory(folder, ignored)) {
    return "the folder '" + folder.string() + "' does not exist either";
  }
  std::sort(names.begin(), names.end());
  const std::string near = nearest_name(path.filename().string(), names);
  if (near.empty()) return "give a path that exists, seen from the folder fovea is started in";
  return "did you mean '" + (path.parent_path() / near).string() + "'?";
}

void check_globs(const SourceConfig& source, std::vector<Fault>& faults) {
  for (const auto* patterns : {&source.include, &source.exclude}) {
    for (const std::string& pattern : *patterns) {
      try {
        const Glob checked(pattern);
      } catch (const Error& error) {
        faults.push_back(to_fault(source.place, error));
      }
    }
  }
}

void check_source(const SourceConfig& source, std::vector<Fault>& faults) {
  check_globs(source, faults);
  if (source.kind == SourceKind::stdin_paths || source.path.empty()) return;
  std::error_code error;
  const fs::file_status status = fs::status(source.path, error);
  const bool wants_list = source.kind == SourceKind::list;
  const bool wants_folder = source.kind == SourceKind::path && source.watch;
  if (!fs::exists(status)) {
    if (wants_folder) return;  // it may come
    std::string fix = seen_beside_file(source.path, source.place.line > 0 ? source.place.file : "");
    if (fix.empty()) fix = nearest_beside(source.path);
    faults.push_back({source.place, fmt::format("'{}' does not exist", source.path.string()), fix});
  } else if (wants_list && fs::is_directory(status)) {
    faults.push_back({source.place, fmt::format("the list '{}' is a folder", source.path.string()),
                      "give a text file with one path a line, or use path: for the folder"});
  } else if (source.kind == SourceKind::video && fs::is_directory(status)) {
    faults.push_back({source.place, "the video '" + source.path.string() + "' is a folder",
                      "name a video file; a folder of pictures goes under path:"});
  } else if (wants_folder && !fs::is_directory(status)) {
    faults.push_back(
        {source.place,
         fmt::format("'{}' is a file: there is nothing to watch", source.path.string()),
         "name a folder, or leave watch: out"});
  } else if (!may(source.path, R_OK) || (fs::is_directory(status) && !may(source.path, X_OK))) {
    faults.push_back({source.place, fmt::format("'{}' cannot be read", source.path.string()),
                      "change its permissions, or run as a user who may read it"});
  }
}

/// Nothing under `path` is created by a check: the nearest folder that exists must take it.
std::optional<std::string> why_not_writable(const fs::path& folder) {
  fs::path existing = folder.empty() ? fs::path(".") : folder;
  std::error_code ignored;
  while (!fs::exists(existing, ignored)) {
    existing = existing.has_parent_path() && existing != existing.parent_path()
                   ? existing.parent_path()
                   : fs::path(".");
  }
  if (!fs::is_directory(existing, ignored)) {
    return fmt::format("'{}' is not a folder", existing.string());
  }
  if (!may(existing, W_OK | X_OK)) {
    return fmt::format("nothing can be written into '{}'", existing.string());
  }
  return std::nullopt;
}

void check_sinks(const RunConfig& config, std::vector<Fault>& faults) {
  std::map<fs::path, std::string> taken;
  for (const SinkConfig& sink : config.sinks) {
    const Section& section = sink_forms()[sink.kind.index()].section;
    if (section.main_key.empty() || section.find(section.main_key)->type != ValueType::path) {
      continue;
    }
    const fs::path path =
        std::get<std::string>(section.find(section.main_key)->get(target_of(sink.kind)));
    if (path.empty()) continue;  // already a fault of its own
    std::error_code ignored;
    const auto [other, fresh] =
        taken.emplace(fs::absolute(path, ignored).lexically_normal(), section.name);
    if (!fresh) {
      faults.push_back(
          {sink.place,
           fmt::format("'{}' is also written by the sink '{}'", path.string(), other->second),
           "give each sink its own file"});
      continue;
    }
    const bool into_folder = section.main_key == "dir";
    if (!into_folder && fs::is_directory(path, ignored)) {
      faults.push_back({sink.place, fmt::format("'{}' is a folder, not a file", path.string()),
                        "add a file name: " + (path / ("results." + section.name)).string()});
      continue;
    }
    if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored) && !into_folder) {
      if (!may(path, W_OK)) {
        faults.push_back({sink.place, fmt::format("'{}' cannot be written", path.string()),
                          "change its permissions, or choose a file"});
      }
      continue;  // a pipe or device is written in place
    }
    const fs::path folder = into_folder ? path : path.parent_path();
    if (const auto why = why_not_writable(folder)) {
      faults.push_back({sink.place, *why, "choose another place for '" + path.string() + "'"});
    } else if (!into_folder && fs::exists(path, ignored) && !may(path, W_OK)) {
      faults.push_back({sink.place, fmt::format("'{}' cannot be written", path.string()),
                        "change its permissions, or choose another name"});
    }
  }
  if (!config.report_dir.empty()) {
    if (const auto why = why_not_writable(config.report_dir)) {
      faults.push_back(
          {Place{config.sinks.empty() ? "" : config.sinks[0].place.file, 0, 0, "report_dir"}, *why,
           "choose another report_dir"});
    }
  }
}

/// The class names of the model, or nothing after a fault.
template <class Stage>
std::vector<std::string> check_model(const Stage& stage, std::vector<Fault>& faults) {
  if (stage.model.empty()) return {};  // already a fault of its own
  constexpr bool kDetects = std::is_same_v<Stage, DetectConfig>;
  try {
    const vision::LocalModel found = vision::find_model(stage.model);
    const vision::VitConfig config = vision::Checkpoint::open(found.folder).config();
    if (config.is_detector() == kDetects) return config.labels;
    faults.push_back({stage.place,
                      "the model '" + stage.model + "' " +
                          (kDetects ? "names pictures and finds no objects"
                                    : "finds objects and names no picture as a whole"),
                      kDetects ? "use classify in place of detect, or a model of type yolos"
                               : "use detect in place of classify, or a classifier"});
  } catch (const Error& error) {
    faults.push_back(to_fault(stage.place, error));
  }
  return {};
}

void check_classes(const std::vector<std::string>& classes, const Place& place,
                   const std::vector<std::string>& names, std::vector<Fault>& faults) {
  for (const std::string& label : classes) {
    if (names.empty() || std::find(names.begin(), names.end(), label) != names.end()) continue;
    const std::string near = nearest_name(label, names);
    faults.push_back({place, "the model has no class '" + label + "'",
                      (near.empty() ? "" : "did you mean '" + near + "'? ") +
                          "All classes: fovea models info NAME"});
  }
}

}  // namespace

Fault to_fault(const Place& place, const Error& error) {
  const std::string text = error.what();
  const std::size_t where = text.find("\n  where: ");
  const std::size_t fix = text.find("\n  fix:   ");
  if (where == std::string::npos || fix == std::string::npos) return {place, text, ""};
  constexpr std::size_t kLead = 10;  // both markers have ten characters
  const std::string what = text.substr(0, where);
  const std::string at = text.substr(where + kLead, fix - where - kLead);
  return {place, what + (what.find(at) == std::string::npos ? " (" + at + ")" : ""),
          text.substr(fix + kLead)};
}

void check_files(const RunConfig& config, std::vector<Fault>& faults) {
  for (const SourceConfig& source : config.sources) {
    check_source(source, faults);
  }
  std::vector<std::string> names, objects;  // classes of the classifier, of the detector
  for (std::size_t i = 0; i < config.stages.size(); ++i) {
    const StageConfig& stage = config.stages[i];
    if (std::holds_alternative<AttendConfig>(stage)) check_attend_model(config, i, faults);
    if (const auto* classify = std::get_if<ClassifyConfig>(&stage)) {
      auto labels = check_model(*classify, faults);
      if (names_pictures(stage)) names = std::move(labels);
      check_classes(classify->of, classify->place, objects, faults);
    } else if (const auto* detect = std::get_if<DetectConfig>(&stage)) {
      objects = check_model(*detect, faults);
      check_classes(detect->classes, detect->place, objects, faults);
    } else if (const auto* filter = std::get_if<FilterConfig>(&stage)) {
      check_classes(filter->labels, filter->place, names, faults);
    } else if (const auto* zones = std::get_if<ZonesConfig>(&stage)) {
      for (const ZoneConfig& zone : zones->zones) {
        check_classes(zone.classes, zone.place, objects, faults);
      }
      for (const LineConfig& line : zones->lines) {
        check_classes(line.classes, line.place, objects, faults);
      }
    }
  }
  check_sinks(config, faults);
}

}  // namespace fovea::pipeline
