// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where results go. Several at once; each streams, none holds the run in memory.
// docs/results.md describes every file. Results of an earlier run are replaced: JSONL and
// CSV when the sink is made, HTML and manifest.json when they are complete.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/frame.hpp"
#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

/// How a run went, in counts. done + failed + filtered = seen.
struct RunSummary {
  std::uint64_t seen = 0, done = 0, failed = 0, filtered = 0;
  std::map<std::string, std::uint64_t> filtered_by;  // by the stage that let them go
  std::uint64_t reduced = 0;  // of those done: decoded smaller, by decode: fast
  double elapsed_s = 0;
  double images_per_s = 0;
  bool interrupted = false;
  std::string bottleneck;          // "source", "decode", "compute" or "sinks": the busiest
  std::optional<LiveStatus> live;  // of a run on cameras: its sources, at the end
  std::vector<std::string> lost;   // Sink::lost() of each sink that lost something
};

/// What produced the results: kept beside them in manifest.json.
struct RunIdentity {
  std::string fovea_version;
  std::string model, model_folder, model_sha256;
  std::string device, driver, device_uuid;
  std::string precision, precision_why;  // "fp16", "auto: the file's weights fit fp16, …"
  int batch = 0;
  std::string decode;       // "exact" or "fast"
  std::string resample_on;  // "host" or "device", of each model
  std::string opencv_version;
  std::string config_yaml;  // the run as YAML, as --emit-yaml prints it
  std::string started_utc;  // ISO 8601
};

/// Takes every result and every failure, in source order. Called from one thread.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool wants_thumbnail() const { return false; }
  /// Frame::image must still be there when write() is called.
  virtual bool wants_image() const { return false; }
  /// Throws Error when the record cannot be written whole (disk full, no permission).
  virtual void write(const Outcome<Frame>& outcome) = 0;
  /// Flush and close; called once, last. Throws Error as write() does.
  virtual void finish(const RunSummary&) {}
  /// After finish(), one line for people: what did not reach its place, how much, why. Empty: all
  /// did. Holds no secrets.
  virtual std::string lost() const { return {}; }
};

/// What a chain answers with: sinks that have rows and columns lay them out by it.
enum class Answers : std::uint8_t { labels, objects, nothing };

/// Takes a line for people while the run goes on. Any thread.
using Notice = std::function<void(const std::string&)>;

/// What of the chain and of the run concerns sinks.
struct SinkContext {
  Answers answers = Answers::labels;
  bool quality = false;  // are pictures scored?
  ZonesConfig areas;     // that are watched: drawn onto pictures
  bool several_sources = false;
  std::optional<AttentionConfig> attention;  // the sink of that kind, whose files records name
  Notice on_notice;
};

/// The sink that `config` names. Opens its file or folder now: throws ConfigError where it cannot.
/// `labels` are the model's class names by id.
std::unique_ptr<Sink> make_sink(const SinkConfig& config, const RunIdentity& identity,
                                const std::vector<std::string>& labels,
                                const SinkContext& context = {});

/// errors.jsonl in `dir`: one line a failure (path, stage, reason, bytes); the file
/// appears with the first failure, and one left from an earlier run is removed.
std::unique_ptr<Sink> make_error_sink(const std::filesystem::path& dir);

/// Writes manifest.json into `dir`, whole or not at all.
void write_manifest(const std::filesystem::path& dir, const RunIdentity& identity,
                    const RunSummary& summary);

}  // namespace fovea::pipeline
