// SPDX-License-Identifier: Apache-2.0
// Pictures resized on the device: the bytes of Preprocessor::resize(), whose own are Pillow's.
#include "vision/preprocess/packed_source.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "compute/ops/resample.hpp"
#include "tests/support/device_fixture.hpp"

namespace fovea::vision {
namespace {

struct Size {
  int h, w;
};

Image noise(Size size, unsigned seed) {
  Image image;
  image.rgb.create(size.h, size.w, CV_8UC3);
  std::mt19937 random(seed);
  for (int y = 0; y < size.h; ++y) {
    std::uint8_t* row = image.rgb.ptr(y);
    for (int i = 0; i < 3 * size.w; ++i) row[i] = static_cast<std::uint8_t>(random() >> 24);
  }
  return image;
}

class PackedSource : public test::DeviceTest {
 protected:
  /// All of `images` in one batch, each with so much room, through the device.
  std::vector<std::vector<std::uint8_t>> resized(const Preprocessor& preprocessor,
                                                 const std::vector<Image>& images,
                                                 std::size_t room) {
    const auto batch = static_cast<std::int64_t>(images.size());
    compute::ProgramBuilder p(device(), "resize");
    const compute::Tensor sources =
        p.input("sources", {{batch, static_cast<std::int64_t>(room)}, compute::DType::u8});
    p.output("pixels",
             compute::ops::resample(p, sources, preprocessor.output_h(), preprocessor.output_w()));
    compute::Program program = std::move(p).build(1);
    compute::Run run = program.begin();
    PackScratch scratch;
    std::vector<std::uint8_t> pack(room);
    for (std::size_t i = 0; i < images.size(); ++i) {
      pack_source(preprocessor, images[i], scratch, pack);
      std::memcpy(run.input("sources").data() + i * room, pack.data(), room);
    }
    run.submit();
    run.wait();
    std::vector<std::vector<std::uint8_t>> all;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(run.output("pixels").data());
    for (std::size_t i = 0; i < images.size(); ++i, bytes += preprocessor.output_count()) {
      all.emplace_back(bytes, bytes + preprocessor.output_count());
    }
    return all;
  }

  /// Odd sizes, smaller and larger than the output on one axis or both, and its own.
  void expect_same(const PreprocessSpec& spec, const char* what) {
    const Preprocessor preprocessor(spec);
    std::vector<Image> images;
    std::size_t room = least_source_bytes(preprocessor.usual_size());
    PackScratch pack_scratch;
    for (const Size size : {Size{1, 1}, Size{7, 90}, Size{61, 13}, Size{45, 47}, Size{150, 201},
                            Size{preprocessor.output_h(), preprocessor.output_w()}}) {
      images.push_back(noise(size, static_cast<unsigned>(size.h)));
      room = std::max(room, source_bytes(preprocessor, images.back(), pack_scratch));
    }
    const auto made = resized(preprocessor, images, room);
    ResampleScratch scratch;
    for (std::size_t i = 0; i < images.size(); ++i) {
      std::vector<std::uint8_t> wanted(preprocessor.output_count());
      preprocessor.resize(images[i], wanted, scratch);
      EXPECT_TRUE(made[i] == wanted)
          << what << ", filter " << static_cast<int>(spec.resample) << ", picture " << i;
    }
  }
};

constexpr Resample kFilters[] = {Resample::nearest,  Resample::lanczos, Resample::bilinear,
                                 Resample::bicubic,  Resample::box,     Resample::hamming,
                                 Resample::cv_linear};

TEST_F(PackedSource, IsTheHostsResizeBitForBit) {
  for (const Resample filter : kFilters) {
    PreprocessSpec spec;
    spec.resample = filter;
    spec.resize_h = 33;
    spec.resize_w = 45;
    expect_same(spec, "exact");
    spec.resize = ResizeMode::shortest_edge;
    spec.shortest_edge = 40;
    spec.center_crop = true;
    spec.crop_h = 31;
    spec.crop_w = 37;
    expect_same(spec, "shortest edge, cropped");
    spec.crop_h = 51;  // taller than the resized picture: zeros above and below
    expect_same(spec, "padded");
    spec.crop_rounding = CropRounding::torchvision;
    spec.resize = ResizeMode::none;
    expect_same(spec, "cropped only");
  }
}

TEST_F(PackedSource, WithoutRoomTheHostResizesAndNothingChanges) {
  const Preprocessor preprocessor(PreprocessSpec{.resize_h = 32, .resize_w = 32});
  const std::size_t least = least_source_bytes(preprocessor.usual_size());
  PackScratch scratch;
  const Image image = noise({200, 300}, 1);
  EXPECT_GT(source_bytes(preprocessor, image, scratch), least);
  std::vector<std::uint8_t> wanted(preprocessor.output_count());
  preprocessor.resize(image, wanted, scratch.resample);
  EXPECT_TRUE(resized(preprocessor, {image}, least).front() == wanted);
}

TEST_F(PackedSource, OnlyWhatADeviceMaySumIsLeftToIt) {
  const Preprocessor preprocessor(PreprocessSpec{.resize_h = 2, .resize_w = 2});
  PackScratch scratch;
  // Two samples a column and a row more than their share: 200 x 300 of them make one pixel.
  EXPECT_EQ(source_bytes(preprocessor, noise({400, 600}, 1), scratch), 0U);
  EXPECT_GT(source_bytes(preprocessor, noise({40, 60}, 1), scratch), 0U);
  const Preprocessor opencv(PreprocessSpec{.resample = Resample::cv_linear});
  EXPECT_EQ(source_bytes(opencv, noise({40, 60}, 1), scratch), 0U);
}

}  // namespace
}  // namespace fovea::vision
