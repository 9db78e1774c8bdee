// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_measure.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <random>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compute/device.hpp"
#include "compute/error.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/inference.hpp"

namespace fovea::pipeline {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWarmUps = 2;
constexpr int kFewest = 5;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Json measure_here(const BenchCase& wanted) {
  compute::DeviceOptions options;
  options.request = wanted.device;
  options.cache_dir = cache_folder();
  compute::Device device(options);
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(wanted.model);
  vision::Inference inference(device, checkpoint, {wanted.precision, wanted.batch, 2});

  // Every submission carries a whole batch in, as a run does.
  std::vector<std::uint8_t> picture(3 * static_cast<std::size_t>(inference.input_h()) *
                                    static_cast<std::size_t>(inference.input_w()));
  std::mt19937 random(1);
  for (std::uint8_t& byte : picture) byte = static_cast<std::uint8_t>(random() >> 24);
  const auto submit = [&] {
    vision::Pending pending = inference.begin(wanted.batch);
    for (int i = 0; i < wanted.batch; ++i) {
      std::copy(picture.begin(), picture.end(), pending.input(i).begin());
    }
    pending.submit();
    return pending;
  };

  for (int i = 0; i < kWarmUps; ++i) submit().finish();
  std::vector<double> wall, on_device;
  const Clock::time_point start = Clock::now();
  while (ms_since(start) < wanted.seconds * 1000 || static_cast<int>(wall.size()) < kFewest) {
    const Clock::time_point begin = Clock::now();
    vision::Pending pending = submit();
    pending.finish();
    wall.push_back(ms_since(begin) / wanted.batch);
    on_device.push_back(static_cast<double>(pending.device_ns()) / 1e6 / wanted.batch);
  }

  int images = 0;
  const Clock::time_point flow = Clock::now();
  std::optional<vision::Pending> earlier = submit();
  while (ms_since(flow) < wanted.seconds * 1000 || images < kFewest * wanted.batch) {
    vision::Pending later = submit();
    earlier->finish();
    images += wanted.batch;
    earlier = std::move(later);
  }
  earlier->finish();
  images += wanted.batch;
  const double flow_ms = ms_since(flow);

  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const double device_ms = median(on_device);
  return {{"device", device.info().name},
          {"driver", device.info().driver},
          {"submissions", wall.size()},
          {"min_ms", *std::min_element(wall.begin(), wall.end())},
          {"median_ms", median(wall)},
          {"device_ms", device_ms},
          {"host_ms", device_ms > 0 ? median(wall) - device_ms : 0.0},
          {"images_per_s", images / flow_ms * 1000},
          {"peak_device_bytes", device.memory_peak_bytes()},
          {"peak_resident_bytes", static_cast<std::uint64_t>(usage.ru_maxrss) * 1024}};
}

/// The function's result from a child process; what it throws is thrown here.
/// Requires: this process has one thread and has opened no device.
Json in_child(const std::function<Json()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) throw Error("cannot make a pipe", "bench", "close some files");
  const pid_t child = ::fork();
  if (child < 0) throw Error("cannot start a process", "bench", "close some programs");
  if (child == 0) {
    ::close(ends[0]);
    Json answer;
    try {
      answer = work();
    } catch (const Error& error) {
      answer = {{"error", error.what()}, {"exit_code", static_cast<int>(error.exit_code())}};
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    const std::string text = to_line(answer);
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = ::write(ends[1], text.data() + at, text.size() - at);
      if (written < 0 && errno != EINTR) break;
      if (written > 0) at += static_cast<std::size_t>(written);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t got = ::read(ends[0], block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(block, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (text.empty()) {
    throw Error("the measurement ended without a result",
                WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "bench",
                "try a smaller --batch: the device or the machine may lack memory",
                ExitCode::nothing_done);
  }
  return Json::parse(text);
}

/// An error's text as its three parts, so that it can be thrown again.
[[noreturn]] void rethrow(const Json& answer) {
  const std::string text = answer.at("error").get<std::string>();
  const std::size_t where = text.find("\n  where: "), fix = text.find("\n  fix:   ");
  constexpr std::size_t kLead = 10;
  if (where == std::string::npos || fix == std::string::npos || !answer.contains("exit_code")) {
    throw std::runtime_error(text);
  }
  throw Error(text.substr(0, where), text.substr(where + kLead, fix - where - kLead),
              text.substr(fix + kLead), static_cast<ExitCode>(answer["exit_code"].get<int>()));
}

}  // namespace

BenchResult measure(const BenchCase& wanted) {
  const Json answer = in_child([&] { return measure_here(wanted); });
  if (answer.contains("error")) rethrow(answer);
  BenchResult result;
  result.device = answer["device"].get<std::string>();
  result.driver = answer["driver"].get<std::string>();
  result.submissions = answer["submissions"].get<int>();
  result.min_ms = answer["min_ms"].get<double>();
  result.median_ms = answer["median_ms"].get<double>();
  result.device_ms = answer["device_ms"].get<double>();
  result.host_ms = answer["host_ms"].get<double>();
  result.images_per_s = answer["images_per_s"].get<double>();
  result.peak_device_bytes = answer["peak_device_bytes"].get<std::uint64_t>();
  result.peak_resident_bytes = answer["peak_resident_bytes"].get<std::uint64_t>();
  return result;
}

}  // namespace fovea::pipeline
