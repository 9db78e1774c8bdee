// SPDX-License-Identifier: Apache-2.0
#pragma once
// One function a sink; each lives in the file of its name. Used by make_sink() and tests;
// everybody else includes sink.hpp.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/sinks/sink.hpp"

namespace fovea::pipeline {

/// Records name the files of the sink that `attention` configures.
std::unique_ptr<Sink> make_jsonl_sink(const JsonlConfig& config,
                                      std::optional<AttentionConfig> attention = {});
/// `quality`: with a column for each score.
std::unique_ptr<Sink> make_csv_sink(const CsvConfig& config, Answers answers = Answers::labels,
                                    bool quality = false);
std::unique_ptr<Sink> make_html_sink(const HtmlConfig& config, const RunIdentity& identity);
std::unique_ptr<Sink> make_sort_sink(const SortConfig& config,
                                     const std::vector<std::string>& labels);

std::unique_ptr<Sink> make_coco_sink(const CocoConfig& config);
std::unique_ptr<Sink> make_images_sink(const ImagesConfig& config, const ZonesConfig& areas = {});
std::unique_ptr<Sink> make_crops_sink(const CropsConfig& config);
std::unique_ptr<Sink> make_attention_sink(const AttentionConfig& config);
std::unique_ptr<Sink> make_video_sink(const VideoConfig& config, const SinkContext& context = {});
std::unique_ptr<Sink> make_clips_sink(const ClipsConfig& config, const SinkContext& context = {});
std::unique_ptr<Sink> make_events_sink(const EventsConfig& config);
std::unique_ptr<Sink> make_webhook_sink(const WebhookConfig& config, Notice on_notice = {});

/// How the table may look on the stream it is written to.
struct TerminalStyle {
  int columns = 100;
  bool colour = false;
  bool unicode = true;       // block characters and ellipsis; else '#' and "..."
  bool clears_line = false;  // a progress bar may stand where the row goes
};
/// Columns from the terminal (or $COLUMNS), colour only on a terminal without NO_COLOR,
/// unicode from LC_ALL, LC_CTYPE or LANG.
TerminalStyle terminal_style(std::FILE* stream);

/// Writes to `out` (borrowed), normally stdout.
std::unique_ptr<Sink> make_table_sink(const TableConfig& config,
                                      const std::vector<std::string>& labels, std::FILE* out,
                                      const TerminalStyle& style, Answers answers = Answers::labels,
                                      std::optional<AttentionConfig> attention = {});

/// The JSONL record of one picture, without newline. Maps of attention are named with their files
/// where `attention` says which are written.
std::string to_record(const Frame& frame, const AttentionConfig* attention = nullptr);

}  // namespace fovea::pipeline
