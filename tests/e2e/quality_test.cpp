// SPDX-License-Identifier: Apache-2.0
// fovea quality and a chain with the stage, as a user runs them.
#include "compute/ops/fft.hpp"
#include "tests/e2e/e2e_fixture.hpp"
#include "tests/support/degrade.hpp"

namespace fovea::test {
namespace {

using ::testing::HasSubstr;

class QualityTest : public EndToEndOnDevice {
 protected:
  void SetUp() override {
    if (!compute::ops::has_fft()) GTEST_SKIP() << "VkFFT " << compute::ops::fft_version();
    EndToEndOnDevice::SetUp();
    const cv::Mat photo = cv::imread((source_dir() / "datasets/samples/coffee.jpg").string());
    fs::create_directories(folder_ / "in");
    cv::imwrite((folder_ / "in/blurred.png").string(), blurred(photo, 3));
    cv::imwrite((folder_ / "in/sharp.png").string(), photo);
  }
};

TEST_F(QualityTest, ScoresPictures) {
  const auto run =
      fovea({"quality", (folder_ / "in").string(), "-o", (folder_ / "o.csv").string(), "-o",
             (folder_ / "o.jsonl").string(), "--spectrum", (folder_ / "spectra").string()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("VERDICT"));
  EXPECT_THAT(run.out, HasSubstr("blurred by about"));
  EXPECT_THAT(run.out, HasSubstr("good"));
  const auto records = records_of(read_text(folder_ / "o.jsonl"));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].at("quality").at("low"), Json::array({"blur"}));
  EXPECT_EQ(records[1].at("quality").at("low"), Json::array());
  EXPECT_THAT(read_text(folder_ / "o.csv"),
              HasSubstr("source,frame,width,height,blur,motion,banding,moire,blocks,noise,"
                        "exposure,obstruction,frozen,low,decode_ms"));
  const cv::Mat spectrum = cv::imread((folder_ / "spectra/sharp_000001_spectrum.png").string());
  EXPECT_EQ(spectrum.size(), cv::Size(512, 512));
}

TEST_F(QualityTest, LetsBadPicturesGoBeforeTheModel) {
  std::ofstream(folder_ / "job.yaml")
      << "version: 1\nsource: " << (folder_ / "in").string()
      << "\nstages:\n  - quality: {on_fail: skip}\n  - classify: " << kTinyModel.string()
      << "\nsinks:\n  - jsonl: " << (folder_ / "o.jsonl").string() << "\n";
  const auto run = fovea({"run", (folder_ / "job.yaml").string()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto records = records_of(read_text(folder_ / "o.jsonl"));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].at("source").get<std::string>(), HasSubstr("sharp.png"));
  EXPECT_EQ(Json::parse(read_text(folder_ / "manifest.json"))
                .at("counts")
                .at("filtered_by")
                .at("quality"),
            1);
}

TEST_F(QualityTest, RefusesWhatItCannotDo) {
  const auto run = fovea({"quality"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("no pictures are named"));
  const auto page =
      fovea({"quality", (folder_ / "in").string(), "-o", (folder_ / "o.html").string()});
  EXPECT_EQ(page.exit_code, 1);
  EXPECT_THAT(page.err, HasSubstr("scores are written as .csv or .jsonl"));
}

}  // namespace
}  // namespace fovea::test
