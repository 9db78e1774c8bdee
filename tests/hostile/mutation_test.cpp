// SPDX-License-Identifier: Apache-2.0
// Thousands of damaged files, the same ones every time: each is read or refused with an
// Error. What is read must give all its tensors. Meant to run under ASan and UBSan too.
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/support/places.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/pytorch_bin.hpp"

namespace fovea::vision {
namespace {

using namespace testing_support;

constexpr int kRounds = 2000;

/// One to eight changed bytes, most of them in the first `front` bytes, where structure is; now
/// and then a cut or an insertion.
std::string damaged(const std::string& whole, std::size_t front, std::mt19937& random) {
  std::string bytes = whole;
  const auto below = [&](std::size_t limit) { return random() % std::max<std::size_t>(limit, 1); };
  for (std::size_t changes = 1 + below(8); changes > 0; --changes) {
    const std::size_t at = below(4) == 0 ? below(bytes.size()) : below(front);
    switch (below(8)) {
      case 0:
        bytes.insert(std::min(at, bytes.size()), 1, static_cast<char>(random()));
        break;
      case 1:
        bytes.erase(std::min(at, bytes.size()), 1 + below(4));
        break;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random());
    }
  }
  if (below(20) == 0) bytes.resize(below(bytes.size()));
  return bytes;
}

struct Tally {
  int opened = 0, refused = 0;
};

/// Opens the folder and reads everything that the tiny ViT has.
void open_and_read(const std::filesystem::path& folder, Tally& tally) {
  try {
    const Checkpoint checkpoint = Checkpoint::open(folder);
    for (const auto& [canonical, shape] : tiny_tensors()) {
      if (shape.size() == 1 && checkpoint.has(canonical)) {
        static_cast<void>(checkpoint.f32(canonical, {shape[0]}));
      }
      if (shape.size() == 2 && checkpoint.has(canonical)) {
        static_cast<void>(checkpoint.f32(canonical, {shape[0], shape[1]}));
      }
    }
    ++tally.opened;
  } catch (const Error&) {
    ++tally.refused;
  }
}

TEST(Mutation, Safetensors) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const std::string whole = read_file(folder.path() / "model.safetensors");
  std::mt19937 random(20240501);
  Tally tally;
  for (int round = 0; round < kRounds; ++round) {
    write_file(folder.path() / "model.safetensors", damaged(whole, 3500, random));
    open_and_read(folder.path(), tally);
  }
  EXPECT_GT(tally.refused, kRounds / 2);
  EXPECT_GT(tally.opened, 0);
}

TEST(Mutation, ConfigAndProcessor) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const std::string config(kTinyConfig);
  const std::string processor =
      R"({"do_resize":true,"size":{"height":8,"width":8},"resample":2,"image_mean":[0.5,0.5,0.5],
          "image_std":[0.5,0.5,0.5],"crop_size":8,"do_center_crop":true})";
  std::mt19937 random(20240502);
  Tally tally;
  for (int round = 0; round < kRounds; ++round) {
    write_file(folder.path() / "config.json", damaged(config, config.size(), random));
    write_file(folder.path() / "preprocessor_config.json",
               round % 2 == 0 ? processor : damaged(processor, processor.size(), random));
    open_and_read(folder.path(), tally);
  }
  EXPECT_GT(tally.refused, kRounds / 2);
  EXPECT_GT(tally.opened, 0);
}

TEST(Mutation, TimmConfig) {
  const TemporaryFolder folder;
  write_file(folder.path() / "model.safetensors", safetensors_bytes(tiny_entries(Spelling::timm)));
  const std::string whole = read_file(folder.path() / "model.safetensors");
  std::mt19937 random(20240503);
  Tally tally;
  for (int round = 0; round < kRounds; ++round) {
    const std::string config(kTinyTimmConfig);
    write_file(folder.path() / "config.json",
               round % 2 == 0 ? damaged(config, config.size(), random) : config);
    write_file(folder.path() / "model.safetensors",
               round % 2 == 0 ? whole : damaged(whole, 3000, random));
    open_and_read(folder.path(), tally);
  }
  EXPECT_GT(tally.refused, kRounds / 2);
  EXPECT_GT(tally.opened, 0);
}

class BinMutation : public testing::TestWithParam<const char*> {};

TEST_P(BinMutation, IsReadOrRefused) {
  const auto source = fovea::test::source_dir() / "tests/unit/checkpoint/data/bin" / GetParam();
  const std::string whole = read_file(source);
  const TemporaryFolder folder;
  const auto path = folder.path() / "pytorch_model.bin";
  std::mt19937 random(20240504);
  Tally tally;
  for (int round = 0; round < kRounds; ++round) {
    // The pickle comes first in the file, the zip directory last.
    const std::size_t front = round % 3 == 0 ? whole.size() : 1400;
    write_file(path, damaged(whole, front, random));
    try {
      const MappedFile file(path);
      for (const StoredTensor& tensor : read_pytorch_bin(file)) {
        if (tensor.type != StoredType::other) static_cast<void>(widen(tensor, "mutation"));
      }
      ++tally.opened;
    } catch (const Error&) {
      ++tally.refused;
    }
  }
  EXPECT_GT(tally.refused, kRounds / 4);
  EXPECT_GT(tally.opened, 0);
}

INSTANTIATE_TEST_SUITE_P(Protocols, BinMutation, testing::Values("protocol2.bin", "protocol5.bin"),
                         [](const auto& each) { return std::string(each.param, 9); });

}  // namespace
}  // namespace fovea::vision
