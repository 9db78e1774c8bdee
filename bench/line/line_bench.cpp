// SPDX-License-Identifier: Apache-2.0
// What the line itself costs a picture, with a model and a decoder that do nothing: the
// price of threads, queues and order. And what finding a picture in a folder costs.

#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include "pipeline/line/line.hpp"
#include "pipeline/sources/folder_source.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kInput = 3 * 224 * 224;

class EmptySource : public Source {
 public:
  explicit EmptySource(std::int64_t n) : left_(n) {}
  std::optional<Outcome<Packet>> next() override {
    if (left_-- == 0) return std::nullopt;
    return Packet{
        FrameTag{0, "folder/of/pictures/0001.jpg", 0, {}}, "folder/of/pictures/0001.jpg", {}};
  }

 private:
  std::int64_t left_;
};

class EmptyModel : public ModelStage {
 public:
  explicit EmptyModel(int batch)
      : batch_(batch),
        input_(static_cast<std::size_t>(batch) * kInput),
        output_(static_cast<std::size_t>(batch)) {}
  std::string_view name() const override { return "classify"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {Data::labels}; }
  int batch() const override { return batch_; }
  int slots() const override { return 2; }
  std::size_t input_bytes(InputSize) const override { return kInput; }
  InputSize input_size(const Frame&) const override { return {1, kInput / 3}; }
  void prepare(const Frame&, std::span<std::uint8_t>) const override {}
  void annotate(Frame&, std::span<const float>) const override {}
  std::unique_ptr<Flight> begin(InputSize, int n) override {
    return std::make_unique<EmptyFlight>(input_, std::span(output_).first(as_size(n)));
  }

 private:
  static std::size_t as_size(int n) { return static_cast<std::size_t>(n); }
  struct EmptyFlight : Flight {
    EmptyFlight(std::span<std::uint8_t> in, std::span<const float> out)
        : input_(in), output_(out) {}
    std::span<std::uint8_t> input(int i) override {
      return input_.subspan(as_size(i) * kInput, kInput);
    }
    void submit() override {}
    std::span<const float> finish() override { return output_; }
    std::span<std::uint8_t> input_;
    std::span<const float> output_;
  };
  int batch_;
  std::vector<std::uint8_t> input_;
  std::vector<float> output_;
};

struct EmptySink : Sink {
  void write(const Outcome<Frame>&) override {}
};

/// Arguments: batch, decode threads. The model's input is copied once, as in a real run.
void line_overhead(benchmark::State& state) {
  constexpr std::int64_t kPictures = 4000;
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<EmptyModel>(static_cast<int>(state.range(0))));
  const Chain chain([](Packet&&) { return Frame{}; }, std::move(stages));
  EmptySink sink;
  Sink* sinks[] = {&sink};
  for (auto _ : state) {
    EmptySource source(kPictures);
    run_threaded(source, chain, sinks, {.decode_threads = static_cast<int>(state.range(1))});
  }
  state.SetItemsProcessed(state.iterations() * kPictures);
}
BENCHMARK(line_overhead)
    ->ArgsProduct({{1, 8}, {1, 2, 4}})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// A folder of `range` empty files, listed, sorted and given out.
void folder_walk(benchmark::State& state) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / fmt::format("fovea-bench-{}", ::getpid());
  fs::create_directories(root);
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    std::ofstream(root / fmt::format("picture_{}.jpg", i * 7919 % state.range(0)));
  }
  SourceConfig config;
  config.path = root;
  for (auto _ : state) {
    FolderSource source(config);
    std::int64_t found = 0;
    while (source.next()) ++found;
    if (found != state.range(0)) state.SkipWithError("pictures are missing");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  fs::remove_all(root);
}
BENCHMARK(folder_walk)->Arg(1000)->Arg(20'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fovea::pipeline
