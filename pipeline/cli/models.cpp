// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/model_facts.hpp"
#include "pipeline/cli/models_quantize.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/sizes.hpp"
#include "pipeline/hub/pull.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

struct ModelsOptions {
  std::string name;
  bool json = false;
  bool all_labels = false;
  std::string progress = "auto";
};

ExitCode list_models(const ModelsOptions& options) {
  Json list = Json::array();
  const std::vector<vision::LocalModel> models = vision::local_models();
  std::size_t widest = 0;
  for (const vision::LocalModel& model : models) widest = std::max(widest, model.name.size());
  for (const vision::LocalModel& model : models) {
    // One that cannot be opened is listed with its reason: it is there, and does not work.
    const ModelFacts facts = model_facts(model);
    if (options.json) {
      list.push_back(to_json(facts));
    } else if (!facts.problem.empty()) {
      fmt::print("{:<{}}  cannot be used: {}\n", model.name, widest, facts.problem);
    } else {
      fmt::print("{:<{}}  {:>8} parameters  {:>4} classes  {} x {}  {}\n", model.name, widest,
                 count_text(facts.parameters), facts.labels.size(), facts.image_w, facts.image_h,
                 model.origin);
    }
  }
  if (options.json) {
    fmt::print("{}\n", to_pretty(list));
  } else if (models.empty()) {
    fmt::print("no models on this machine; get one: fovea models pull org/name\n");
  }
  return ExitCode::ok;
}

ExitCode show_model(const ModelsOptions& options) {
  const vision::LocalModel local = vision::find_model(resolved_model(options.name));
  const ModelFacts facts = checked_model_facts(local);
  if (options.json) {
    fmt::print("{}\n", to_pretty(to_json(facts)));
  } else {
    fmt::print("{}", facts_text(facts, options.all_labels));
  }
  return ExitCode::ok;
}

/// "model.safetensors  112.3 MiB of 330.3 MiB (34 %)", redrawn in place on a terminal.
class PullDisplay {
 public:
  explicit PullDisplay(bool bar) : bar_(bar), style_(terminal_style(stderr)) {}

  void update(const PullProgress& progress) {
    if (!bar_) {
      if (progress.file != file_) fmt::print(stderr, "{}\n", headline(progress));
      file_ = progress.file;
      return;
    }
    if (!file_.empty() && progress.file != file_) fmt::print(stderr, "\n");
    file_ = progress.file;
    std::string line = headline(progress) + "  " + bytes_text(progress.done);
    if (progress.total > 0) {
      line += fmt::format(" of {} ({} %)", bytes_text(progress.total),
                          100 * progress.done / progress.total);
    }
    const int width = std::min(columns(line), std::max(style_.columns - 1, 10));
    fmt::print(stderr, "\r\x1b[K{}", fit(line, width, Cut::end, style_.unicode ? "…" : "..."));
    std::fflush(stderr);
  }

  ~PullDisplay() {
    if (bar_ && !file_.empty()) fmt::print(stderr, "\n");
  }

 private:
  static std::string headline(const PullProgress& progress) {
    return fmt::format("[{}/{}] {}", progress.index + 1, progress.count, progress.file);
  }

  bool bar_;
  TerminalStyle style_;
  std::string file_;
};

ExitCode pull_model(const ModelsOptions& options) {
  PulledModel pulled;
  {
    PullDisplay display(!options.json && ::isatty(STDERR_FILENO) == 1);
    PullOptions pull_options;
    if (options.progress != "none") {
      pull_options.progress = [&](const PullProgress& progress) { display.update(progress); };
    }
    pulled = pull(options.name, pull_options);
  }
  if (options.json) {
    fmt::print("{}\n", to_pretty(Json{{"name", options.name},
                                      {"folder", pulled.folder.string()},
                                      {"commit", pulled.commit},
                                      {"files", pulled.files},
                                      {"downloaded_bytes", pulled.downloaded_bytes}}));
  } else {
    fmt::print("{} {}\n  use it: fovea classify SRC -m {}\n",
               pulled.downloaded_bytes == 0
                   ? "all there already:"
                   : "downloaded " + bytes_text(pulled.downloaded_bytes) + ":",
               pulled.folder.string(), options.name);
  }
  return ExitCode::ok;
}

}  // namespace

void add_models(CLI::App& app, ExitCode& exit_code) {
  CLI::App* models = app.add_subcommand("models", "List, describe, download or quantise models");
  models->require_subcommand(1);
  models->footer(R"(Examples:
  fovea models list
  fovea models info fovea-vit-cifar10
  fovea models pull google/vit-base-patch16-224
  fovea models quantize google/vit-base-patch16-224 --calib photos/ --report)");

  auto list = std::make_shared<ModelsOptions>();
  CLI::App* list_command = models->add_subcommand("list", "Models on this machine");
  add_json_option(*list_command, list->json, "Models");
  list_command->footer("Example:\n  fovea models list --json");
  list_command->callback([list, &exit_code] { exit_code = list_models(*list); });

  auto info = std::make_shared<ModelsOptions>();
  CLI::App* info_command = models->add_subcommand("info", "Shape, classes, memory, licence");
  info_command->add_option("NAME", info->name, "Folder, built-in name or org/name")
      ->type_name("")
      ->required();
  info_command->add_flag("--labels", info->all_labels, "All class names");
  add_json_option(*info_command, info->json, "Facts");
  info_command->footer("Example:\n  fovea models info fovea-vit-cifar10 --json");
  info_command->callback([info, &exit_code] { exit_code = show_model(*info); });

  auto pulled = std::make_shared<ModelsOptions>();
  CLI::App* pull_command = models->add_subcommand("pull", "Download into the Hugging Face cache");
  pull_command->add_option("NAME", pulled->name, "org/name or org/name@revision")
      ->type_name("")
      ->required();
  pull_command->add_option("--progress", pulled->progress, "auto or none")
      ->check(CLI::IsMember({"auto", "none"}))
      ->type_name("MODE");
  add_json_option(*pull_command, pulled->json, "Folder and commit");
  pull_command->footer(R"(Example:
  fovea models pull google/vit-base-patch16-224
Stopped at any moment, it goes on where it was. HF_HOME, HF_HUB_CACHE, HF_ENDPOINT and HF_TOKEN
mean what they mean to Hugging Face's own tools.)");
  pull_command->callback([pulled, &exit_code] { exit_code = pull_model(*pulled); });

  add_models_quantize(*models, exit_code);
}

}  // namespace fovea::pipeline
