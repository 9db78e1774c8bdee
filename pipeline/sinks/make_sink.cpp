// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <type_traits>
#include <variant>

#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {

std::unique_ptr<Sink> make_sink(const SinkConfig& config, const RunIdentity& identity,
                                const std::vector<std::string>& labels,
                                const SinkContext& context) {
  return std::visit(
      [&](const auto& kind) -> std::unique_ptr<Sink> {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, JsonlConfig>) {
          return make_jsonl_sink(kind, context.attention);
        } else if constexpr (std::is_same_v<Kind, CsvConfig>) {
          return make_csv_sink(kind, context.answers, context.quality);
        } else if constexpr (std::is_same_v<Kind, HtmlConfig>) {
          return make_html_sink(kind, identity);
        } else if constexpr (std::is_same_v<Kind, SortConfig>) {
          return make_sort_sink(kind, labels);
        } else if constexpr (std::is_same_v<Kind, CocoConfig>) {
          return make_coco_sink(kind);
        } else if constexpr (std::is_same_v<Kind, ImagesConfig>) {
          return make_images_sink(kind, context.areas);
        } else if constexpr (std::is_same_v<Kind, CropsConfig>) {
          return make_crops_sink(kind);
        } else if constexpr (std::is_same_v<Kind, AttentionConfig>) {
          return make_attention_sink(kind);
        } else if constexpr (std::is_same_v<Kind, VideoConfig>) {
          return make_video_sink(kind, context);
        } else if constexpr (std::is_same_v<Kind, ClipsConfig>) {
          return make_clips_sink(kind, context);
        } else if constexpr (std::is_same_v<Kind, EventsConfig>) {
          return make_events_sink(kind);
        } else if constexpr (std::is_same_v<Kind, WebhookConfig>) {
          return make_webhook_sink(kind, context.on_notice);
        } else {
          static_assert(std::is_same_v<Kind, TableConfig>);
          return make_table_sink(kind, labels, stdout, terminal_style(stdout), context.answers,
                                 context.attention);
        }
      },
      config.kind);
}

}  // namespace fovea::pipeline
