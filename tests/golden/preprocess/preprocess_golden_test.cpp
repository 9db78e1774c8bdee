// SPDX-License-Identifier: Apache-2.0
// Resizes against Pillow, tensors against transformers and timm: no bit may differ. There is no
// tolerance because every step is defined exactly: weights in double rounded to fixed point,
// integer sums, one rounding to single, one subtraction and one division.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/decode/decode.hpp"
#include "tests/golden/preprocess/pattern.hpp"
#include "tests/golden/preprocess/resampled.hpp"
#include "tests/support/places.hpp"
#include "vision/checkpoint/processor_config.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {
namespace {

using nlohmann::json;
using test::resampled;

const std::string kData = fovea::test::source_dir().string() + "/tests/golden/preprocess/data/";

json load(const std::string& name) {
  std::ifstream file(kData + name);
  return json::parse(file);
}

std::uint32_t crc32(std::span<const std::byte> bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      entries[i] = i;
      for (int bit = 0; bit < 8; ++bit)
        entries[i] = (entries[i] & 1) != 0 ? entries[i] >> 1 ^ 0xEDB88320u : entries[i] >> 1;
    }
    return entries;
  }();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::byte byte : bytes)
    crc = table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 255u] ^ crc >> 8;
  return ~crc;
}

cv::Mat picture_of(const json& picture) {
  const std::string kind = picture.at(0);
  if (kind == "photo") return pipeline::decode_file(kData + "photo.png").image.rgb;
  return test::pattern(kind, picture.at(1), picture.at(2));
}

/// The few values first, so that a failure shows how far off it is; then every bit.
template <class T>
void expect_equal(const json& golden, std::span<const T> actual) {
  for (const json& value : golden.at("values")) {
    const auto at = value.at(0).get<std::size_t>();
    ASSERT_LT(at, actual.size());
    EXPECT_EQ(actual[at], static_cast<T>(value.at(1).get<double>())) << "value " << at;
  }
  EXPECT_EQ(crc32(std::as_bytes(actual)), golden.at("crc32").get<std::uint32_t>());
}

TEST(PreprocessGolden, ResizesAreWhatPillowGives) {
  const json goldens = load("resamples.json");
  ASSERT_GT(goldens.size(), 300u);
  for (const json& golden : goldens) {
    SCOPED_TRACE(golden.at("picture").dump() + " to " + golden.at("shape").dump() + " " +
                 golden.at("name").get<std::string>());
    const cv::Mat rgb = picture_of(golden.at("picture"));
    for (const ResampleKernels* kernels : resample_kernels()) {
      SCOPED_TRACE(kernels->name);
      const cv::Mat out =
          resampled(rgb, ResampleAxis::whole(rgb.cols, golden.at("shape").at(1)),
                    ResampleAxis::whole(rgb.rows, golden.at("shape").at(0)),
                    static_cast<Resample>(golden.at("filter").get<int>()), *kernels);
      expect_equal(golden, std::span<const std::uint8_t>(out.ptr(), out.total() * out.elemSize()));
    }
  }
}

PreprocessSpec spec_of(const json& given) {
  const std::map<std::string, ResizeMode> modes = {{"none", ResizeMode::none},
                                                   {"exact", ResizeMode::exact},
                                                   {"shortest_edge", ResizeMode::shortest_edge},
                                                   {"cover", ResizeMode::cover}};
  PreprocessSpec spec;
  spec.processor = given.at("processor");
  spec.resize = modes.at(given.at("resize"));
  spec.resize_h = given.at("resize_h");
  spec.resize_w = given.at("resize_w");
  spec.shortest_edge = given.at("shortest_edge");
  spec.resample = static_cast<Resample>(given.at("resample").get<int>());
  spec.center_crop = given.at("center_crop");
  spec.crop_h = given.at("crop_h");
  spec.crop_w = given.at("crop_w");
  spec.crop_rounding = given.at("crop_rounding") == "torchvision" ? CropRounding::torchvision
                                                                  : CropRounding::transformers;
  spec.rescale = given.at("rescale");
  spec.rescale_factor = given.at("rescale_factor");
  spec.normalize = given.at("normalize");
  spec.mean = given.at("mean");
  spec.stddev = given.at("stddev");
  return spec;
}

TEST(PreprocessGolden, TensorsAreWhatTheReferenceProcessorsGive) {
  const json goldens = load("tensors.json");
  ASSERT_GE(goldens.size(), 80u);
  for (const json& golden : goldens) {
    SCOPED_TRACE(golden.at("recipe").get<std::string>() + " of " + golden.at("picture").dump());
    const Preprocessor preprocessor(spec_of(golden.at("spec")));
    ASSERT_EQ((std::vector<int>{3, preprocessor.output_h(), preprocessor.output_w()}),
              golden.at("shape").get<std::vector<int>>());
    std::vector<float> tensor(preprocessor.output_count());
    preprocessor.run(Image{picture_of(golden.at("picture"))}, tensor);
    expect_equal(golden, std::span<const float>(tensor));
  }
}

TEST(PreprocessGolden, PicturesThatKeepTheirShapeAreWhatTheReferenceProcessorGives) {
  const json goldens = load("yolos.json");
  ASSERT_GE(goldens.size(), 40u);
  for (const json& golden : goldens) {
    SCOPED_TRACE(golden.at("config").dump() + " of " + golden.at("picture").dump());
    const Preprocessor preprocessor(processor_spec(golden.at("config"), "yolos", "the golden"));
    const Image image{picture_of(golden.at("picture"))};
    const InputSize size = preprocessor.output_size(image.height_px(), image.width_px());
    ASSERT_EQ((std::vector<int>{3, size.h, size.w}), golden.at("shape").get<std::vector<int>>());
    std::vector<float> tensor(static_cast<std::size_t>(3 * size.h * size.w));
    preprocessor.run(image, tensor);
    expect_equal(golden, std::span<const float>(tensor));
  }
}

// transformers' own test of its YOLOS processor publishes three values for a COCO picture that is
// not ours to ship.
TEST(PreprocessGolden, ThePublishedValuesOfACocoPicture) {
  const char* data = std::getenv("FOVEA_DATA");
  const std::filesystem::path file =
      std::filesystem::path(
          data != nullptr ? data : fovea::test::source_dir().string() + "/../shared/datasets") /
      "parity/000000039769.png";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  const Preprocessor preprocessor(processor_spec(
      {{"size", {{"shortest_edge", 800}, {"longest_edge", 1333}}}}, "yolos", "the test"));
  const Image image = pipeline::decode_file(file).image;
  const InputSize size = preprocessor.output_size(image.height_px(), image.width_px());
  ASSERT_EQ(size, (InputSize{800, 1056}));
  std::vector<float> tensor(static_cast<std::size_t>(3 * size.h * size.w));
  preprocessor.run(image, tensor);
  EXPECT_NEAR(tensor[0], 0.2796, 1e-4);
  EXPECT_NEAR(tensor[1], 0.3138, 1e-4);
  EXPECT_NEAR(tensor[2], 0.3481, 1e-4);
}

}  // namespace
}  // namespace fovea::vision
