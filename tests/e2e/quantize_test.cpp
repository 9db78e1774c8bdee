// SPDX-License-Identifier: Apache-2.0
// `fovea models quantize` as a user runs it: report, refusal, and a model that classify takes.
#include <cstring>

#include "tests/e2e/e2e_fixture.hpp"

namespace fovea::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Quantize : public EndToEndOnDevice {
 protected:
  void SetUp() override {
    EndToEndOnDevice::SetUp();
    if (IsSkipped() || HasFailure()) return;
    for (int i = 0; i < 24; ++i) picture("photos/" + std::to_string(i) + ".png", i);
  }
  ProcessResult quantize(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"models", "quantize", kTinyModel.string()});
    return fovea(std::move(arguments));
  }
  std::vector<Json> labels(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"classify", "photos", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult run = fovea(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    std::vector<Json> all;
    for (const Json& record : records_of(run.out)) all.push_back(record.at("labels"));
    return all;
  }
};

TEST_F(Quantize, ReportsWithoutWritingAnything) {
  const ProcessResult run = quantize({"--calib", "photos", "--report", "--max-drop", "100"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("pictures  24 of photos\n"), HasSubstr(" of 24 change"),
                             HasSubstr("accuracy  not counted: no class folders"),
                             HasSubstr("cosine 0.99"), HasSubstr("in the file"),
                             HasSubstr("encoder.layer.0.attention.attention.query.weight"),
                             Not(HasSubstr("written"))));
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_)) ++entries;
  EXPECT_EQ(entries, 1u) << "only the photos";
}

TEST_F(Quantize, ReportsAsJson) {
  const ProcessResult run = quantize({"--calib", "photos", "--report", "--json"});
  const Json report = Json::parse(run.out);
  EXPECT_EQ(report.at("pictures"), 24);
  EXPECT_EQ(report.at("failed"), 0);
  EXPECT_TRUE(report.at("accuracy").is_null());
  EXPECT_GT(report.at("logits").at("max_abs").get<double>(), 0.0);
  EXPECT_GE(report.at("logits").at("max_abs"), report.at("logits").at("mean_abs"));
  EXPECT_GT(report.at("logits").at("min_cosine").get<double>(), 0.99);
  const Json& weights = report.at("weights");
  EXPECT_LT(weights.at("bytes_after"), weights.at("bytes_before"));
  for (const Json& layer : weights.at("layers")) {
    const auto error = layer.at("worst_relative_error").get<double>();
    EXPECT_GT(error, 0.0);
    EXPECT_LE(error, 0.00394) << "1/254";
  }
}

TEST_F(Quantize, WritesAModelThatGivesTheAnswersOfInt8) {
  const ProcessResult run = quantize({"--calib", "photos", "-o", "small", "--max-drop", "100"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("fovea classify SRC -m small --precision int8"));
  EXPECT_THAT(run.out, Not(HasSubstr("query.weight"))) << "that is --report's";
  EXPECT_LT(fs::file_size(folder_ / "small/model.safetensors"),
            fs::file_size(kTinyModel / "model.safetensors"));
  // Quantising what is quantised changes no byte, and the scales by their last bit at most.
  EXPECT_EQ(labels({"-m", "small", "--precision", "int8"}),
            labels({"-m", kTinyModel.string(), "--precision", "int8"}));
  const ProcessResult info = fovea({"models", "info", "small"});
  EXPECT_THAT(info.out, HasSubstr(", I8, "));
}

/// A copy of the tiny model that means the same in fp32 and nothing in int8: every normalised
/// vector's first channel is zero, and its weights are so large that the others round to zero.
void write_model_that_int8_ruins(const fs::path& folder) {
  fs::copy(kTinyModel, folder, fs::copy_options::recursive);
  std::string file = read_text(folder / "model.safetensors");
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  const Json header = Json::parse(file.substr(8, length));
  for (const auto& [name, entry] : header.items()) {
    const auto ends = [&](const char* what) { return name.find(what) != std::string::npos; };
    const bool norm = ends("layernorm_before") || ends("layernorm_after");
    if (!norm && !ends("query.weight") && !ends("intermediate.dense.weight")) continue;
    ASSERT_EQ(entry.at("dtype"), "F32");
    const auto shape = entry.at("shape").get<std::vector<std::size_t>>();
    const std::size_t rows = norm ? 1 : shape.at(0), columns = shape.back();
    for (std::size_t row = 0; row < rows; ++row) {
      const float value = norm ? 0.0f : 1e6f;
      const auto at = 8 + length + entry.at("data_offsets").at(0).get<std::size_t>();
      std::memcpy(file.data() + at + row * columns * sizeof value, &value, sizeof value);
    }
  }
  std::ofstream(folder / "model.safetensors", std::ios::binary) << file;
}

TEST_F(Quantize, RefusesAboveMaxDrop) {
  write_model_that_int8_ruins(folder_ / "fragile");
  const ProcessResult run = fovea(
      {"models", "quantize", "fragile", "--calib", "photos", "-o", "small", "--max-drop", "2.5"});
  EXPECT_EQ(run.exit_code, 5) << run.out;
  EXPECT_THAT(run.out, HasSubstr(" -> ")) << "which answers change";
  EXPECT_THAT(run.err, AllOf(HasSubstr("int8 changes the first answer for"),
                             HasSubstr("2.5 % are allowed\n  where: fragile on photos\n"),
                             HasSubstr("  fix:   use --precision fp16")));
  EXPECT_FALSE(fs::exists(folder_ / "small"));
}

TEST_F(Quantize, CountsAccuracyInClassFolders) {
  const Json info = Json::parse(fovea({"models", "info", kTinyModel.string(), "--json"}).out);
  const auto classes = info.at("labels").get<std::vector<std::string>>();
  for (std::size_t i = 0; i < 2; ++i) {
    picture("classes/" + classes.at(i) + "/a.png", static_cast<int>(i));
    picture("classes/" + classes.at(i) + "/b.png", static_cast<int>(i) + 7);
  }
  const ProcessResult run =
      quantize({"--calib", "classes", "--report", "--json", "--max-drop", "100"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json accuracy = Json::parse(run.out).at("accuracy");
  EXPECT_EQ(accuracy.at("pictures"), 4);
  // `eval` counts the same pictures by another way.
  const ProcessResult eval = fovea({"eval", "classes", "-m", kTinyModel.string(), "--json"});
  EXPECT_NEAR(accuracy.at("fp32_percent").get<double>(),
              100 * Json::parse(eval.out).at("top1").get<double>(), 1e-3);
}

TEST_F(Quantize, SaysWhyItCannotBegin) {
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const ProcessResult run = quantize(arguments);
    EXPECT_EQ(run.exit_code, 1) << run.out;
    return run.err;
  };
  EXPECT_THAT(refused({"--report"}), HasSubstr("--calib"));
  EXPECT_THAT(
      refused({"--calib", "photos"}),
      HasSubstr("nothing is asked for\n  where: fovea models quantize\n  fix:   give -o DIR"));
  EXPECT_THAT(refused({"--calib", "no-such-folder", "--report"}), HasSubstr("no-such-folder"));
  EXPECT_THAT(refused({"--calib", "photos", "--report", "--max-drop", "200"}),
              HasSubstr("--max-drop"));
  fs::create_directories(folder_ / "mine");
  EXPECT_THAT(refused({"--calib", "photos", "-o", "mine"}),
              HasSubstr("the folder for the int8 model exists already\n  where: mine\n"));
}

}  // namespace
}  // namespace fovea::test
