// SPDX-License-Identifier: Apache-2.0
// emit_yaml() and the checker are inverse to each other.
#include <random>

#include <gmock/gmock.h>

#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"

namespace fovea::pipeline {
namespace {

/// Every key of every section, as text: equal exactly when two configs mean the same run.
std::string spelled_out(RunConfig config) {
  std::string text;
  const auto add = [&](const Section& section, const void* target) {
    text += section.name + "{";
    for (const Key& key : section.keys) {
      if (!key.get) continue;
      text += key.name + "=";
      std::visit(
          [&](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::string>) {
              text += held;
            } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
              for (const std::string& item : held) text += "<" + item + ">";
            } else {
              text += testing::PrintToString(held);
            }
          },
          key.get(target));
      text += ";";
    }
    text += "}\n";
  };
  add(run_section(), &config);
  add(limits_section(), &config.limits);
  for (const SourceConfig& source : config.sources) {
    text += source.name + ":";
    add(source_section(), &source);
  }
  for (const StageConfig& stage : config.stages) {
    add(stage_kinds()[stage.index()].section, target_of(stage));
  }
  for (const SinkConfig& sink : config.sinks) {
    add(sink_forms()[sink.kind.index()].section, target_of(sink.kind));
  }
  return text;
}

void expect_round_trip(const RunConfig& config) {
  const std::string yaml = emit_yaml(config);
  const CheckedConfig again = check_config_text(yaml, "emitted", {}, false);
  EXPECT_EQ(to_string(again.faults), "") << yaml;
  EXPECT_EQ(spelled_out(again.config), spelled_out(config)) << yaml;
  EXPECT_EQ(emit_yaml(again.config), yaml);
}

TEST(Emit, AShortCommandAsAPersonWouldWriteIt) {
  RunConfig config;
  config.sources.push_back({.path = "my photos"});
  config.stages.emplace_back(ClassifyConfig{.model = "fovea-vit-cifar10", .top = 3});
  config.sinks.push_back({JsonlConfig{"out.jsonl"}, {}});
  config.sinks.push_back({TableConfig{}, {}});
  EXPECT_EQ(emit_yaml(config),
            "version: 1\n"
            "source: {path: \"my photos\"}\n"
            "stages:\n"
            "  - classify: {model: fovea-vit-cifar10, top: 3}\n"
            "sinks:\n"
            "  - jsonl: {path: out.jsonl}\n"
            "  - table: {}\n"
            "device: auto\n"
            "precision: fp32\n"
            "batch: 8\n");
  expect_round_trip(config);
}

/// Any value a key may hold, drawn from its own constraints.
class AnyConfig {
 public:
  explicit AnyConfig(unsigned seed) : random_(seed) {}

  RunConfig run() {
    RunConfig config;
    fill(run_section(), &config);
    config.version = 1;
    fill(limits_section(), &config.limits);
    const int sources = number(1, 3);
    const bool named = number(0, 1) == 1;
    for (int i = 0; i < sources; ++i) {
      SourceConfig source;
      fill(source_section(), &source);
      source.kind = static_cast<SourceKind>(number(0, 2));
      source.path = source.kind == SourceKind::stdin_paths ? "" : text();
      if (named) source.name = "name " + std::to_string(i);
      config.sources.push_back(source);
    }
    StageConfig classify = stage_kinds()[0].make();
    fill(stage_kinds()[0].section, target_of(classify));
    config.stages.push_back(classify);
    if (number(0, 1) == 1) {
      FilterConfig filter;
      fill(stage_kinds()[1].section, &filter);
      filter.labels.push_back(text());
      config.stages.emplace_back(filter);
    }
    for (const SinkForm& form : sink_forms()) {
      if (form.section.name != "table" && number(0, 1) == 1) continue;
      SinkKind sink = form.make();
      fill(form.section, target_of(sink));
      config.sinks.push_back({sink, {}});
    }
    return config;
  }

 private:
  int number(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  std::string text() {
    static const std::vector<std::string> kParts{"a",  "photo", "/",  " ",  ":", "#", "${X}", "\"",
                                                 "\\", "é",     "\n", "[x", "-", "'", "~",    "@l"};
    std::string result;
    for (int i = number(1, 6); i > 0; --i) {
      result += kParts[static_cast<std::size_t>(number(0, static_cast<int>(kParts.size()) - 1))];
    }
    return result;
  }

  void fill(const Section& section, void* target) {
    for (const Key& key : section.keys) {
      if (!key.set || (!key.required && number(0, 2) == 0)) continue;
      const int most = static_cast<int>(std::min(key.max, 1e6));
      switch (key.type) {
        case ValueType::text:
        case ValueType::path:
          key.set(target, text());
          break;
        case ValueType::score:
          key.set(target, number(1, 1000) / 1000.0);
          break;
        case ValueType::boolean:
          key.set(target, number(0, 1) == 1);
          break;
        case ValueType::choice:
          key.set(target, key.choices[static_cast<std::size_t>(
                              number(0, static_cast<int>(key.choices.size()) - 1))]);
          break;
        case ValueType::texts:
          key.set(target, std::vector<std::string>{text(), text()});
          break;
        default:
          key.set(target, static_cast<std::int64_t>(number(static_cast<int>(key.min), most)));
      }
    }
  }

  std::mt19937 random_;
};

TEST(Emit, AnyConfigRoundTrips) {
  for (unsigned seed = 0; seed < 500; ++seed) expect_round_trip(AnyConfig(seed).run());
}

}  // namespace
}  // namespace fovea::pipeline
