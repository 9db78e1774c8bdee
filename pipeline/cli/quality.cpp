// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/failure_echo.hpp"
#include "pipeline/cli/interrupt.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/quality_text.hpp"
#include "pipeline/line/decode_frame.hpp"
#include "pipeline/line/delivery.hpp"
#include "pipeline/line/run_outputs.hpp"
#include "pipeline/line/steps.hpp"
#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"
#include "pipeline/sources/sources.hpp"
#include "pipeline/spectral/spectral_stages.hpp"

namespace fovea::pipeline {
namespace {

struct QualityOptions : PictureOptions {
  std::string spectrum;  // --spectrum
};

const char* const kExamples = R"(Examples:
  fovea quality photos/                            a table: scores from 0 to 1, and what is wrong
  fovea quality photos/ -o quality.csv             for a spreadsheet; .jsonl for records
  fovea quality photo.jpg --spectrum out/          the spectrum as a picture, 0 in the middle
  fovea quality photos/ --set stages[0].quality.blur_min=0.5
Each score is 1 where there is nothing of the flaw; docs/quality.md defines them. The same as a
stage of a run: configs/inspect-quality.yaml.)";

constexpr int kScoreColumns = 10;
// What a single picture is scored for; the other flaws are those of streams.
constexpr std::size_t kShown = static_cast<std::size_t>(vision::Flaw::obstruction);

/// Rows of scores on standard output.
class ScoreTable final : public Sink {
 public:
  ScoreTable() : style_(terminal_style(stdout)) {
    file_columns_ =
        std::clamp(style_.columns - static_cast<int>(kShown) * kScoreColumns - 24, 16, 40);
  }

  void write(const Outcome<Frame>& outcome) override {
    if (rows_++ == 0) print_header();
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) {
      const auto& failure = std::get<Failure>(outcome);
      print(failure.tag.source, failure.stage + ": " + failure.reason);
      return;
    }
    std::string scores;
    for (std::size_t i = 0; i < kShown; ++i) {
      scores += fmt::format("{:<{}}", score_text(frame->quality->scores[i]), kScoreColumns);
    }
    print(frame->tag.source, scores + verdict(*frame->quality));
  }

  void finish(const RunSummary&) override { std::fflush(stdout); }

 private:
  void print_header() {
    std::string names;
    for (std::size_t i = 0; i < kShown; ++i) {
      std::string name(vision::kFlawNames[i]);
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
      names += fmt::format("{:<{}}", name, kScoreColumns);
    }
    print("FILE", names + "VERDICT");
  }

  void print(const std::string& file, const std::string& rest) {
    fmt::print("{}  {}\n",
               fit(printable(file), file_columns_, Cut::start, style_.unicode ? "…" : "..."), rest);
  }

  TerminalStyle style_;
  int file_columns_ = 0, rows_ = 0;
};

NamedConfig quality_config(const QualityOptions& options) {
  const std::string command = "fovea quality";
  if (options.sources.empty() && options.lists.empty()) {
    throw ConfigError("no pictures are named", command,
                      "name files or folders, '-' for standard input, or --list FILE");
  }
  std::vector<std::string> all = options.sources;
  for (const std::string& list : options.lists) all.push_back("@" + list);
  std::vector<Override> overrides;
  for (std::size_t i = 0; i < all.size(); ++i) {
    overrides.push_back(source_override(all[i], fmt::format("sources[{}]", i)));
  }
  overrides.push_back({"fovea quality", "stages[0].quality", "{}", false});
  const std::vector<Override> more = to_overrides(options, "stages[0].quality", 0);
  overrides.insert(overrides.end(), more.begin(), more.end());
  return {command, check_config("version: 1\n", command, overrides, true)};
}

/// What is written beside the table, or instead of it.
std::vector<std::unique_ptr<Sink>> sinks_of(const RunConfig& config, bool has_table) {
  std::vector<std::unique_ptr<Sink>> sinks;
  if (has_table) sinks.push_back(std::make_unique<ScoreTable>());
  for (const SinkConfig& sink : config.sinks) {
    if (const auto* csv = std::get_if<CsvConfig>(&sink.kind)) {
      sinks.push_back(make_csv_sink(*csv, Answers::nothing, true));
    } else if (const auto* jsonl = std::get_if<JsonlConfig>(&sink.kind)) {
      sinks.push_back(make_jsonl_sink(*jsonl));
    } else if (!std::holds_alternative<TableConfig>(sink.kind)) {
      throw ConfigError("scores are written as .csv or .jsonl", to_string(sink.place),
                        "end the name in .csv or .jsonl");
    }
  }
  return sinks;
}

ExitCode judge(const QualityOptions& options) {
  NamedConfig named = quality_config(options);
  const RunConfig config = require_valid(std::move(named.checked), named.name);
  if (is_live(config)) {
    throw ConfigError("fovea quality looks at pictures, and this source is a stream",
                      to_string(config.sources.front().place),
                      "put a quality stage into the stream's chain: configs/inspect-quality.yaml");
  }
  const InterruptGuard guard;
  SourceOptions inputs;
  inputs.max_bytes = config.limits.max_bytes;
  inputs.stop = &InterruptGuard::stop();
  inputs.not_input = outputs_of(config);
  Sources sources(config.sources, inputs);
  if (!sources.any()) throw sources.nothing_found();
  SpectralStages spectral(config.device, cache_folder());
  const auto stage = spectral.make(std::get<QualityConfig>(config.stages.front()));

  const bool records_on_stdout =
      options.json || std::ranges::find(options.outputs, "-") != options.outputs.end();
  const auto owned = sinks_of(config, !records_on_stdout);
  FailureEcho echo([](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  std::vector<Sink*> sinks;
  for (const auto& sink : owned) sinks.push_back(sink.get());
  if (records_on_stdout) sinks.push_back(&echo);
  std::optional<PictureWriter> spectra;
  if (!options.spectrum.empty()) spectra.emplace(options.spectrum, PictureFormat::png, 0);

  Delivery delivery(sinks);
  const DecodeOptions decode{
      config.limits.max_pixels, config.limits.max_bytes, config.truncated == Truncated::accept, {}};
  std::uint64_t index = 0;
  while (!InterruptGuard::stop().load()) {
    auto packet = sources.next();
    if (!packet) break;
    std::visit([&](auto& item) { item.tag.index = index++; }, *packet);
    delivery.enter();
    auto frame = decode_step([&](const Packet& input) { return decode_frame(input, decode); },
                             std::move(*packet), false);
    auto kept = apply_step(*stage, std::move(frame));
    if (!kept) {
      delivery.filter(stage->name());
      continue;
    }
    const auto* scored = std::get_if<Frame>(&*kept);
    if (const cv::Mat power = stage->last_spectrum(); spectra && scored && !power.empty()) {
      spectra->write(spectrum_picture(power), "", picture_name(scored->tag) + "_spectrum");
    }
    delivery.deliver(*kept);
  }
  const RunSummary summary = delivery.finish(InterruptGuard::stop().load(), "");
  fmt::print(stderr, "{}\n", summary_line(summary));
  return exit_code_of(summary);
}

}  // namespace

void add_quality(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<QualityOptions>();
  CLI::App* command =
      app.add_subcommand("quality", "Judge pictures: blur, motion, patterns, noise, exposure");
  add_source_options(*command, *options);
  command->add_option("--device", options->device, "auto, gpu, cpu, a number or part of a name")
      ->type_name("DEVICE");
  command
      ->add_option("-o,--output", options->outputs,
                   "Also write scores to FILE: .csv or .jsonl; - is JSONL on standard output. "
                   "Repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      ->add_option("--spectrum", options->spectrum,
                   "Write each picture's power spectrum to DIR, as a PNG")
      ->type_name("DIR");
  command->add_option("--set", options->sets, "Change one value: stages[0].quality.blur_min=0.5")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  add_json_option(*command, options->json, "Records");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = judge(*options); });
}

}  // namespace fovea::pipeline
