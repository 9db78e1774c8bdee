// SPDX-License-Identifier: Apache-2.0
#pragma once
// Options that several commands share, and the configuration they stand for. Values stay
// text: the configuration's own checker reads them, so that --batch and batch: agree.

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/config/config.hpp"

namespace CLI {
class App;
}

namespace fovea::pipeline {

/// The classifier that is used where none is named.
inline constexpr const char* kBuiltinModel = "fovea-vit-cifar10";
/// --view without an address: the file's own, or the default.
inline constexpr const char* kViewHere = "here";

/// As typed; empty where the option was not given.
struct CommonOptions {
  std::string model, device, precision, batch, top, decode, min_score, classes;
  std::string view;                  // HOST:PORT, or kViewHere
  std::vector<std::string> outputs;  // -o
  std::vector<std::string> sets;     // --set
  std::string progress = "auto";
  bool emit_yaml = false, json = false, no_tune = false;
};

/// A command on pictures.
struct PictureOptions : CommonOptions {
  std::vector<std::string> sources, lists;  // SRC and --list
};
void add_source_options(CLI::App& command, PictureOptions& options);
/// `builtin` is what stands for no model.
void add_model_option(CLI::App& command, CommonOptions& options,
                      const char* builtin = kBuiltinModel);
/// --device, --precision, --no-tune.
void add_device_options(CLI::App& command, CommonOptions& options);
/// "`what` as JSON on standard output".
void add_json_option(CLI::App& command, bool& json, const std::string& what);
/// "--view 127.0.0.1:8080" and "--view" each as one word, as CLI11 needs optional values: what
/// follows is an address only if it reads as one.
std::vector<std::string> join_view_address(std::vector<std::string> arguments);
/// All of CommonOptions but those of one kind of model: --top, --min-score and --classes.
void add_run_options(CLI::App& command, CommonOptions& options,
                     const char* builtin = kBuiltinModel);
void add_top_option(CLI::App& command, CommonOptions& options);

/// Overrides for a configuration whose model is in the stage `stage` ("stages[0].classify") and
/// that has `sinks` sinks already. Throws ConfigError for an output of unknown ending.
std::vector<Override> to_overrides(const CommonOptions& options, const std::string& stage,
                                   std::size_t sinks);

/// A SRC argument as the entry of `source`: "-", "@list.txt" or a path.
Override source_override(const std::string& source, const std::string& path);

/// The override that adds a sink for `file`, chosen by its ending, at `path` ("sinks[0]").
/// "-" is JSONL on standard output. Throws ConfigError that lists the endings.
Override output_override(const std::string& file, const std::string& path);

/// A file of configuration with the options on top of it.
struct NamedConfig {
  std::string name;
  CheckedConfig checked;
};
/// CONFIG.yaml with `options` and, where not empty, `sources` instead of its own.
NamedConfig config_from_file(const std::filesystem::path& file,
                             const std::vector<std::string>& sources, const CommonOptions& options);
/// What a command has behind its model's stage, and in front of the other sinks.
struct ChainAdditions {
  std::vector<Override> stages;      // at stages[1]
  std::vector<Override> first_sink;  // at sinks[0]; empty: there is none
};
/// The configuration that `fovea classify SRC...` or `fovea detect SRC...` stands for: one stage,
/// `stage`, with the model `builtin` where none is named, and `more`. `command` is "fovea STAGE"
/// where it is left out. Throws ConfigError without a source.
NamedConfig config_from_sources(const PictureOptions& options, const std::string& stage,
                                const char* builtin, const ChainAdditions& more = {},
                                std::string command = {});

/// Which attention is looked at; as typed, empty where an option was not given.
struct AttentionOptions {
  std::string method, layer, head;
};
void add_attention_options(CLI::App& command, AttentionOptions& options);
/// The attend stage `stage` ("stages[1].attend") that they stand for.
std::vector<Override> attention_overrides(const AttentionOptions& options,
                                          const std::string& stage);
/// "detect" for a detector, else "classify": the stage that takes the model `name`. A model that
/// cannot be opened counts as a classifier; whoever runs the stage says what is wrong with it.
std::string stage_of_model(const std::string& name);

/// What -m names, as find_model() takes it: random:NAME becomes a folder of the cache.
std::string resolved_model(const std::string& model);

/// $XDG_CACHE_HOME/fovea or ~/.cache/fovea; empty where neither variable is set.
std::filesystem::path cache_folder();

}  // namespace fovea::pipeline
