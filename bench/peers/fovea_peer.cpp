// SPDX-License-Identifier: Apache-2.0
// Fovea as bench/peers/peers.py drives it: one model and one batch, loaded once, run when told.
//
//   fovea_peer MODEL_FOLDER PICTURES.u8 BATCH fp32|fp16 DEVICE CACHE_FOLDER
//
// PICTURES.u8 holds [BATCH, H, W, 3] raw. Prints "ready <device>, <driver>", then answers each
// line:
//   run          runs the batch once, the pictures copied in and the logits waited for; "done"
//   logits FILE  writes the last run's [BATCH, classes] raw; "done"
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compute/device.hpp"
#include "compute/error.hpp"
#include "vision/inference.hpp"

namespace {

using namespace fovea;  // NOLINT: a program of one file

std::vector<std::uint8_t> read_pictures(const std::string& file, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
  if (!stream || stream.peek() != std::ifstream::traits_type::eof()) {
    throw Error("not a batch of pictures", file, fmt::format("write {} bytes", count));
  }
  return bytes;
}

void write_logits(const std::string& file, const std::vector<float>& logits) {
  std::ofstream stream(file, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(logits.data()),
               static_cast<std::streamsize>(logits.size() * sizeof(float)));
  if (!stream.flush()) throw Error("cannot write", file, "free some space");
}

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void serve(const std::vector<std::string>& arguments) {
  const int batch = std::stoi(arguments[3]);
  const auto precision =
      arguments[4] == "fp16" ? compute::ops::Precision::fp16 : compute::ops::Precision::fp32;
  compute::DeviceOptions options;
  options.request = arguments[5];
  options.cache_dir = arguments[6];
  options.tune_seconds = 10;
  compute::Device device(options);
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(arguments[1]);
  vision::Inference inference(device, checkpoint, {precision, batch, 1});
  const std::size_t picture = std::size_t{3} * static_cast<std::size_t>(inference.usual_size().h) *
                              static_cast<std::size_t>(inference.usual_size().w);
  const std::vector<std::uint8_t> pictures =
      read_pictures(arguments[2], picture * static_cast<std::size_t>(batch));
  say(fmt::format("ready {}, {}", device.info().name, device.info().driver));

  std::vector<float> logits;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "run") {
      vision::Pending pending = inference.begin(batch);
      for (int i = 0; i < batch; ++i) {
        const auto from =
            std::span(pictures).subspan(static_cast<std::size_t>(i) * picture, picture);
        std::copy(from.begin(), from.end(), pending.input(i).begin());
      }
      pending.submit();
      const std::span<const float> result = pending.finish();
      logits.assign(result.begin(), result.end());
    } else if (line.starts_with("logits ")) {
      write_logits(line.substr(7), logits);
    } else {
      throw Error("unknown request '" + line + "'", "standard input", "send run or logits FILE");
    }
    say("done");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "usage: fovea_peer MODEL_FOLDER PICTURES.u8 BATCH fp32|fp16 DEVICE CACHE_FOLDER\n";
    return 1;
  }
  try {
    serve(std::vector<std::string>(argv, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
