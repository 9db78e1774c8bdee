// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/execute.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/cli/failure_echo.hpp"
#include "pipeline/cli/interrupt.hpp"
#include "pipeline/cli/live_text.hpp"
#include "pipeline/cli/progress.hpp"
#include "pipeline/cli/view_of.hpp"
#include "pipeline/config/config.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {

ExitCode exit_code_of(const RunSummary& summary) {
  if (summary.interrupted) return ExitCode::interrupted;
  if (summary.failed == 0) return ExitCode::ok;
  return summary.done + summary.filtered == 0 ? ExitCode::nothing_done : ExitCode::some_failed;
}

std::string summary_line(const RunSummary& summary) {
  std::string text = fmt::format("{} {} in {:.1f} s ({:.1f} a second)", grouped(summary.done),
                                 summary.done == 1 ? "picture" : "pictures", summary.elapsed_s,
                                 summary.images_per_s);
  if (summary.filtered > 0) {
    text += fmt::format(", {} filtered out", grouped(summary.filtered)) +
            filters_text(summary.filtered_by);
  }
  if (summary.failed > 0) text += fmt::format(", {} failed", grouped(summary.failed));
  return text;
}

RunOptions run_options(ProgressDisplay& display) {
  RunOptions run;
  run.on_progress = [&](const Progress& progress) { display.update(progress); };
  run.on_notice = [&](const std::string& line) { display.notice(line); };
  run.stop = &InterruptGuard::stop();
  run.cache_dir = cache_folder();
  return run;
}

ExitCode execute(NamedConfig named, const CommonOptions& options) {
  const ProgressMode mode = parse_progress(options.progress, stderr);
  if (options.emit_yaml) {
    fmt::print("{}", emit_yaml(require_valid(std::move(named.checked), named.name)));
    return ExitCode::ok;
  }
  const RunConfig config = require_valid(std::move(named.checked), named.name);
  const bool has_table = std::any_of(
      config.sinks.begin(), config.sinks.end(),
      [](const SinkConfig& sink) { return std::holds_alternative<TableConfig>(sink.kind); });
  ProgressDisplay display(mode, stderr);
  const InterruptGuard guard;
  RunOptions run = run_options(display);
  FailureEcho echo([&](const std::string& line) { display.notice(line); });
  if (!has_table) run.extra_sinks.push_back(&echo);
  const std::unique_ptr<View> view = view_of(config, run.on_notice);
  if (view) run.observers.push_back(view.get());
  const RunReport report = run_pipeline(config, run);
  display.finish();
  if (mode == ProgressMode::json) return exit_code_of(report.summary);
  // The table closes with the counts itself.
  if (!has_table) fmt::print(stderr, "{}\n", summary_line(report.summary));
  if (report.summary.live) fmt::print(stderr, "{}", live_summary(*report.summary.live));
  if (report.summary.interrupted) fmt::print(stderr, "interrupted: the results so far are whole\n");
  return exit_code_of(report.summary);
}

}  // namespace fovea::pipeline
