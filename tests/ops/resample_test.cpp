// SPDX-License-Identifier: Apache-2.0
// The device's resampler against the plain loops, bit for bit.
#include "compute/ops/resample.hpp"

#include <cstring>
#include <random>
#include <vector>

#include "tests/reference/resample.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using reference::Taps;

struct ResampleCase {
  int batch, source_h, source_w, out_h, out_w, most_taps;
};

class ResampleTest : public DeviceTest, public testing::WithParamInterface<ResampleCase> {
 protected:
  /// Noise, and weights of both signs that go beyond a byte on either side.
  struct Source {
    std::vector<std::uint8_t> rgb;
    std::vector<Taps> columns, rows;
  };

  int number(int from, int to) {
    return from + static_cast<int>(random_() % static_cast<unsigned>(to - from + 1));
  }

  std::vector<Taps> taps(int source, int outputs) {
    std::vector<Taps> all;
    for (int i = 0; i < outputs; ++i) {
      // None of all: a place outside the picture.
      const int count = number(0, std::min(source, GetParam().most_taps));
      Taps one{number(0, source - std::max(count, 1)), {}};
      for (int k = 0; k < count; ++k)
        one.weights.push_back(number(-(1 << 22) / count, (1 << 23) / count));
      if (count == 1) one.weights[0] = 1 << 22;
      all.push_back(std::move(one));
    }
    return all;
  }

  Source source() {
    const ResampleCase& sizes = GetParam();
    Source source;
    source.rgb.resize(static_cast<std::size_t>(sizes.source_h * sizes.source_w * 3));
    for (std::uint8_t& byte : source.rgb) byte = static_cast<std::uint8_t>(number(0, 255));
    source.columns = taps(sizes.source_w, sizes.out_w);
    source.rows = taps(sizes.source_h, sizes.out_h);
    return source;
  }

  static std::vector<std::uint8_t> packed(const Source& source, int source_w) {
    std::vector<std::uint32_t> words{static_cast<std::uint32_t>(source_w), 0};
    std::vector<std::uint32_t> weights;
    const std::size_t weights_at = 2 + 3 * (source.columns.size() + source.rows.size());
    for (const auto& axis : {source.columns, source.rows}) {
      for (const Taps& one : axis) {
        words.push_back(static_cast<std::uint32_t>(one.first));
        words.push_back(static_cast<std::uint32_t>(one.weights.size()));
        words.push_back(static_cast<std::uint32_t>(weights_at + weights.size()));
        for (const std::int32_t weight : one.weights) {
          weights.push_back(static_cast<std::uint32_t>(weight));
        }
      }
    }
    words.insert(words.end(), weights.begin(), weights.end());
    words[1] = static_cast<std::uint32_t>(words.size() * 4 + 1);  // at an odd byte
    std::vector<std::uint8_t> bytes(words.size() * 4 + 1);
    std::memcpy(bytes.data(), words.data(), words.size() * 4);
    bytes.insert(bytes.end(), source.rgb.begin(), source.rgb.end());
    return bytes;
  }

 private:
  std::mt19937 random_{7};
};

TEST_P(ResampleTest, GivesTheBitsOfTheLoops) {
  const auto [batch, source_h, source_w, out_h, out_w, most_taps] = GetParam();
  std::vector<std::vector<std::uint8_t>> packs;
  std::vector<std::uint8_t> wanted;
  std::size_t bytes = 0;
  for (int b = 0; b < batch; ++b) {
    const Source one = source();
    packs.push_back(packed(one, source_w));
    bytes = std::max(bytes, (packs.back().size() + 3) / 4 * 4);
    const auto out = reference::resample(one.rgb, source_w, one.columns, one.rows);
    wanted.insert(wanted.end(), out.begin(), out.end());
  }
  compute::ProgramBuilder p(device(), "resample");
  const compute::Tensor sources =
      p.input("sources", {{batch, static_cast<std::int64_t>(bytes)}, compute::DType::u8});
  p.output("pixels", compute::ops::resample(p, sources, out_h, out_w));
  compute::Program program = std::move(p).build(1);
  compute::Run run = program.begin();
  for (std::size_t b = 0; b < packs.size(); ++b) {
    std::memcpy(run.input("sources").data() + b * bytes, packs[b].data(), packs[b].size());
  }
  run.submit();
  run.wait();
  std::vector<std::uint8_t> made(wanted.size());
  std::memcpy(made.data(), run.output("pixels").data(), made.size());
  EXPECT_TRUE(made == wanted);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, ResampleTest,
    testing::Values(ResampleCase{1, 1, 1, 1, 1, 1}, ResampleCase{3, 5, 7, 3, 3, 4},
                    ResampleCase{2, 31, 17, 13, 127, 9},  // 3,302 pixels: no whole group of four
                    ResampleCase{3, 9, 9, 33, 31, 3}, ResampleCase{1, 120, 130, 2, 3, 100}));

class ResampleErrors : public DeviceTest {
 protected:
  std::string refusal(const compute::TensorSpec& sources, int height, int width) {
    try {
      compute::ProgramBuilder p(device(), "resample");
      compute::ops::resample(p, p.input("sources", sources), height, width);
    } catch (const ShapeError& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_F(ResampleErrors, SayWhatDoesNotFit) {
  using compute::DType;
  EXPECT_NE(refusal({{2, 64}}, 2, 2).find("resample: the sources are not rows"), std::string::npos);
  EXPECT_NE(refusal({{2, 62}, DType::u8}, 2, 2).find("whole words"), std::string::npos);
  EXPECT_NE(refusal({{2, 52}, DType::u8}, 2, 2).find("no source of 52 bytes gives 2 x 2 pixels"),
            std::string::npos);
  EXPECT_NE(refusal({{2, 64}, DType::u8}, 0, 2).find("gives 0 x 2 pixels"), std::string::npos);
}

}  // namespace
}  // namespace fovea::test
