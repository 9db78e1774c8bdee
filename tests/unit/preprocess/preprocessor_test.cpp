// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/preprocessor.hpp"

#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "compute/error.hpp"
#include "tests/golden/preprocess/pattern.hpp"

namespace fovea::vision {
namespace {

using ::testing::HasSubstr;

PreprocessSpec crop_only(int h, int w, CropRounding rounding) {
  PreprocessSpec spec;
  spec.resize = ResizeMode::none;
  spec.center_crop = true;
  spec.crop_h = h;
  spec.crop_w = w;
  spec.crop_rounding = rounding;
  return spec;
}

cv::Mat resized(const Preprocessor& preprocessor, const cv::Mat& rgb) {
  cv::Mat out(preprocessor.output_h(), preprocessor.output_w(), CV_8UC3, cv::Scalar::all(77));
  ResampleScratch scratch;
  preprocessor.resize({rgb}, {out.ptr(), preprocessor.output_count()}, scratch);
  return out;
}

/// Where the one bright pixel of a picture lands, and how many are bright.
cv::Point bright_pixel(const cv::Mat& rgb) {
  std::vector<cv::Point> found;
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x)
      if (rgb.at<cv::Vec3b>(y, x)[0] == 255) found.emplace_back(x, y);
  return found.size() == 1 ? found[0] : cv::Point(-1, -1);
}

TEST(Preprocessor, CropsRoundAsTheirReferenceDoes) {
  struct Case {
    CropRounding rounding;
    int in, crop, expected;  // of the bright pixel at in / 2
  };
  // transformers: (in - crop) // 2. torchvision: int(round((in - crop) / 2.0)), and for padding
  // (crop - in) // 2 rows before.
  for (const Case& given : {Case{CropRounding::transformers, 10, 7, 5 - 1},
                            Case{CropRounding::torchvision, 10, 7, 5 - 2},
                            Case{CropRounding::transformers, 10, 5, 5 - 2},
                            Case{CropRounding::torchvision, 10, 5, 5 - 2},
                            Case{CropRounding::transformers, 4, 7, 2 + 2},
                            Case{CropRounding::torchvision, 4, 7, 2 + 1}}) {
    cv::Mat rgb = cv::Mat::zeros(given.in, given.in, CV_8UC3);
    rgb.at<cv::Vec3b>(given.in / 2, given.in / 2) = {255, 255, 255};
    const Preprocessor preprocessor(crop_only(given.crop, given.crop, given.rounding));
    EXPECT_EQ(bright_pixel(resized(preprocessor, rgb)), cv::Point(given.expected, given.expected))
        << given.in << " cropped to " << given.crop;
  }
}

TEST(Preprocessor, PaddingIsBlackBeforeNormalising) {
  const Preprocessor preprocessor(crop_only(4, 4, CropRounding::transformers));
  std::vector<float> tensor(preprocessor.output_count());
  preprocessor.run({cv::Mat(2, 2, CV_8UC3, cv::Scalar(255, 255, 255))}, tensor);
  EXPECT_EQ(tensor[0], -1.0f);  // (0 - 0.5) / 0.5
  EXPECT_EQ(tensor[5], 1.0f);
}

TEST(Preprocessor, PlanesAreRedGreenBlue) {
  PreprocessSpec spec;
  spec.resize_h = 2;
  spec.resize_w = 3;
  spec.rescale = spec.normalize = false;
  const Preprocessor preprocessor(spec);
  std::vector<float> tensor(preprocessor.output_count());
  preprocessor.run({cv::Mat(8, 8, CV_8UC3, cv::Scalar(10, 20, 30))}, tensor);
  EXPECT_EQ(tensor, (std::vector<float>{10, 10, 10, 10, 10, 10, 20, 20, 20, 20, 20, 20, 30, 30, 30,
                                        30, 30, 30}));
}

TEST(Preprocessor, TheTensorIsThePixelsByTheTable) {
  const Preprocessor preprocessor{PreprocessSpec{}};
  const Image image{test::pattern("noise", 300, 200)};
  std::vector<float> tensor(preprocessor.output_count());
  preprocessor.run(image, tensor);
  const cv::Mat pixels = resized(preprocessor, image.rgb);
  const std::size_t plane = pixels.total();
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const std::uint8_t byte = pixels.ptr()[3 * i + channel];
      ASSERT_EQ(tensor[channel * plane + i], preprocessor.byte_values()[channel][byte]);
    }
  }
}

TEST(Preprocessor, ExtremeShapesGiveTheirCropInNoTime) {
  PreprocessSpec spec;
  spec.resize = ResizeMode::shortest_edge;
  spec.shortest_edge = 248;
  spec.resample = Resample::bicubic;
  spec.center_crop = true;
  const Preprocessor preprocessor(spec);
  // Resized whole, this would be 248 x 24,800,000 pixels.
  const cv::Mat out = resized(preprocessor, test::pattern("noise", 1, 100'000));
  EXPECT_GT(cv::norm(out, cv::Mat(out.size(), out.type(), cv::Scalar::all(77))), 0.0);
}

TEST(Preprocessor, APictureMayShrinkOnlyAsFarAsTheResizeWould) {
  PreprocessSpec squash;  // to 224 x 224
  EXPECT_EQ(Preprocessor(squash).reduction(480, 640), 2);
  EXPECT_EQ(Preprocessor(squash).reduction(447, 640), 1);
  EXPECT_EQ(Preprocessor(squash).reduction(448, 448), 2);
  EXPECT_EQ(Preprocessor(squash).reduction(5000, 896), 4);
  EXPECT_EQ(Preprocessor(squash).reduction(1792, 1792), 8);
  EXPECT_EQ(Preprocessor(squash).reduction(1, 1'000'000), 1);
  PreprocessSpec edge = squash;
  edge.resize = ResizeMode::shortest_edge;
  edge.shortest_edge = 256;
  edge.center_crop = true;
  EXPECT_EQ(Preprocessor(edge).reduction(480, 640), 1);
  EXPECT_EQ(Preprocessor(edge).reduction(2048, 1024), 4);
  EXPECT_EQ(Preprocessor(crop_only(4, 4, CropRounding::transformers)).reduction(900, 900), 1);
}

TEST(Preprocessor, ManyThreadsMayUseOne) {
  const Preprocessor preprocessor{PreprocessSpec{}};
  const Image image{test::pattern("noise", 300, 200)};
  const auto pixels_of = [&](std::vector<std::uint8_t>& pixels) {
    ResampleScratch scratch;
    pixels.resize(preprocessor.output_count());
    preprocessor.resize(image, pixels, scratch);
  };
  std::vector<std::uint8_t> expected;
  pixels_of(expected);
  std::vector<std::vector<std::uint8_t>> found(4);
  {
    std::vector<std::jthread> threads;
    for (auto& pixels : found) threads.emplace_back([&] { pixels_of(pixels); });
  }
  for (const auto& pixels : found) EXPECT_EQ(pixels, expected);
}

std::string message_of(const PreprocessSpec& spec) {
  try {
    const Preprocessor preprocessor(spec);
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

TEST(Preprocessor, RecipesThatCannotWorkAreRefused) {
  const auto changed = [](const std::function<void(PreprocessSpec&)>& change) {
    PreprocessSpec spec;
    spec.processor = "ViTImageProcessor";
    change(spec);
    return message_of(spec);
  };
  EXPECT_EQ(changed([](PreprocessSpec&) {}), "");
  for (const ResizeMode mode : {ResizeMode::none, ResizeMode::shortest_edge, ResizeMode::cover})
    EXPECT_THAT(changed([&](PreprocessSpec& spec) { spec.resize = mode; }),
                HasSubstr("pictures of no fixed size"));
  EXPECT_THAT(changed([](PreprocessSpec& spec) { spec.resize_w = 0; }),
              HasSubstr("the resize to 224x0 is not positive"));
  EXPECT_THAT(changed([](PreprocessSpec& spec) {
                spec.center_crop = true;
                spec.crop_h = -1;
              }),
              HasSubstr("the crop to -1x224 is not positive"));
  EXPECT_THAT(changed([](PreprocessSpec& spec) {
                spec.resize = ResizeMode::shortest_edge;
                spec.shortest_edge = 0;
                spec.center_crop = true;
              }),
              HasSubstr("the shortest edge 0 is not positive"));
  for (const double stddev : {0.0, 1e-60, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THAT(changed([&](PreprocessSpec& spec) { spec.stddev[1] = stddev; }),
                HasSubstr("cannot be divided by"));
  EXPECT_THAT(changed([](PreprocessSpec& spec) { spec.stddev[1] = 0; }),
              HasSubstr("where: preprocessor_config.json (ViTImageProcessor)"));
}

}  // namespace
}  // namespace fovea::vision
