// SPDX-License-Identifier: Apache-2.0
// What attention maps cost: rounds of one batch without maps and with each kind, one after the
// other, so that what else the machine does meets them alike. For each kind the median over the
// rounds of its time divided by that without, by the clock and by CPU time of all threads.
//
//   bench_attend [MODEL [BATCH [ROUNDS]]]     MODEL: random:vit-tiny-224, or a folder
#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compute/device.hpp"
#include "compute/error.hpp"
#include "vision/inference.hpp"
#include "vision/models/random_checkpoint.hpp"

namespace fovea {
namespace {

using vision::AttentionHeads;
using vision::AttentionMethod;
using vision::AttentionRequest;

struct Kind {
  std::string name;
  std::optional<AttentionRequest> request;
  std::unique_ptr<vision::Inference> inference;
  std::vector<double> wall_s, cpu_s;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// One batch from its pictures to its maps.
void run(Kind& kind, int batch) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  vision::Pending pending = kind.inference->begin(batch);
  for (int i = 0; i < batch; ++i) {
    unsigned at = static_cast<unsigned>(i);
    for (std::uint8_t& byte : pending.input(i)) byte = static_cast<std::uint8_t>(at += 37);
  }
  pending.submit();
  pending.finish();
  for (int i = 0; i < batch && kind.request; ++i) static_cast<void>(pending.attention(i));
  kind.cpu_s.push_back(static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  kind.wall_s.push_back(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

std::vector<double> ratios(const std::vector<double>& of, const std::vector<double>& to) {
  std::vector<double> all(of.size());
  std::ranges::transform(of, to, all.begin(), std::divides{});
  return all;
}

void measure(const std::string& model, int batch, int rounds) {
  const std::filesystem::path folder =
      model.starts_with(vision::kRandomModelPrefix)
          ? vision::random_checkpoint(model, std::filesystem::temp_directory_path() / "fovea-bench")
          : std::filesystem::path(model);
  compute::Device device(compute::DeviceOptions{});
  const auto checkpoint = vision::Checkpoint::open(folder);
  std::vector<Kind> kinds;
  const auto add = [&](std::string name, std::optional<AttentionRequest> request) {
    kinds.push_back({std::move(name),
                     request,
                     std::make_unique<vision::Inference>(
                         device, checkpoint,
                         vision::InferenceOptions{.max_batch = batch, .attention = request}),
                     {},
                     {}});
  };
  add("without", {});
  add("last layer, class token, mean", AttentionRequest{});
  add("last layer, class token, all heads", AttentionRequest{.heads = AttentionHeads::all});
  add("rollout, class token", AttentionRequest{.method = AttentionMethod::rollout});

  for (Kind& kind : kinds) run(kind, batch);  // warm, not counted
  for (Kind& kind : kinds) {
    kind.wall_s.clear();
    kind.cpu_s.clear();
  }
  for (int round = 0; round < rounds; ++round) {
    for (Kind& kind : kinds) run(kind, batch);
  }
  fmt::print("{} on {}, batch {}, {} rounds\n", model, device.info().name, batch, rounds);
  for (const Kind& kind : kinds) {
    fmt::print("  {:<36} {:8.1f} ms   x {:.3f} by the clock   x {:.3f} by CPU\n", kind.name,
               1e3 * median(kind.wall_s), median(ratios(kind.wall_s, kinds[0].wall_s)),
               median(ratios(kind.cpu_s, kinds[0].cpu_s)));
  }
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  try {
    fovea::measure(argc > 1 ? argv[1] : "random:vit-tiny-224", argc > 2 ? std::stoi(argv[2]) : 1,
                   argc > 3 ? std::stoi(argv[3]) : 21);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_attend: {}\n", error.what());
    return 1;
  }
}
