// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/eval/eval.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// `classes` classes with `right` pictures on the diagonal and one mistake from the first
// class to the second.
EvalReport make_report(std::size_t classes, int right, bool outside = false) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < classes; ++i) names.push_back("class " + std::to_string(i));
  names[0] = "tench, Tinca";
  ScoreCounter counter(names);
  for (std::size_t i = 0; i < classes; ++i) {
    for (int k = 0; k < right; ++k) counter.add(i, std::vector<std::size_t>{i});
  }
  counter.add(0, std::vector<std::size_t>{1});
  if (outside) counter.add(1, std::vector<std::size_t>{ScoreCounter::kNoClass});
  counter.add_failure();
  EvalReport report;
  report.dataset = "a set";
  report.data = "data";
  report.scores = counter.scores();
  report.run.identity.model = "tiny-vit";
  report.run.identity.device = "test device";
  report.run.identity.precision = "fp32";
  return report;
}

TEST(EvalText, ReadsLikeThis) {
  EXPECT_EQ(to_text(make_report(3, 9), 80),
            "a set: 28 pictures in 3 classes, 1 more could not be read\n"
            "tiny-vit on test device, fp32\n"
            "\n"
            "top-1   96.43 %   95 % interval 82.29 to 99.37 %\n"
            "top-5   96.43 %\n"
            "\n"
            "class         pictures   recall  precision       F1\n"
            "tench, Tinca        10   90.0 %    100.0 %   94.7 %\n"
            "class 1              9  100.0 %     90.0 %   94.7 %\n"
            "class 2              9  100.0 %    100.0 %  100.0 %\n"
            "\n"
            "confusion (a row is a true class, a column an answer)\n"
            "             tench, Tin    class 1    class 2\n"
            "tench, Tinca          9          1          .\n"
            "class 1               .          9          .\n"
            "class 2               .          .          9\n"
            "\n"
            "most frequent confusions\n"
            "     1  tench, Tinca taken for class 1");
}

TEST(EvalText, FitsTheTerminalOrLeavesTheMatrixOut) {
  for (const int width : {70, 80, 120}) {
    std::istringstream lines(to_text(make_report(12, 1234), width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), width) << line;
  }
  EXPECT_THAT(to_text(make_report(21, 1), 400), Not(HasSubstr("confusion (a row")));
  EXPECT_THAT(to_text(make_report(20, 1), 400), HasSubstr("confusion (a row"));
}

TEST(EvalText, NothingReadIsSaidSo) {
  EvalReport report;
  report.scores = ScoreCounter({"a"}).scores();
  EXPECT_THAT(to_text(report), HasSubstr("nothing was classified"));
  EXPECT_TRUE(Json::parse(to_json(report))["top1"].is_null());
}

TEST(EvalJson, HoldsTheFigures) {
  const Json json = Json::parse(to_json(make_report(2, 3, true)));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["pictures"], 8);
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["top1"], 0.75);
  EXPECT_EQ(json["classes"][0]["recall"], 0.75);
  EXPECT_EQ(json["confusions"][0],
            (Json{{"truth", "tench, Tinca"}, {"answer", "class 1"}, {"count", 1}}));
  EXPECT_TRUE(json["confusions"][1]["answer"].is_null());
}

TEST(EvalCsv, HoldsTheMatrixAndTheClasses) {
  EXPECT_EQ(confusion_csv(make_report(2, 3, true)),
            "truth,\"tench, Tinca\",class 1,(another class)\r\n"
            "\"tench, Tinca\",3,1,0\r\n"
            "class 1,0,3,1\r\n");
  EXPECT_EQ(classes_csv(make_report(2, 3)),
            "class,pictures,answered,right,recall,precision,f1\r\n"
            "\"tench, Tinca\",4,3,3,0.750000,1.000000,0.857143\r\n"
            "class 1,3,4,3,1.000000,0.750000,0.857143\r\n");
}

class EvalPictureTest : public ::testing::TestWithParam<int> {};

// A full cell is dark, an empty one light, whatever the number of classes.
TEST_P(EvalPictureTest, TheDiagonalIsDark) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("fovea-confusion-" + std::to_string(::getpid()) + ".png");
  write_confusion_png(make_report(static_cast<std::size_t>(GetParam()), 9), file);
  const cv::Mat page = cv::imread(file.string(), cv::IMREAD_GRAYSCALE);
  std::filesystem::remove(file);
  ASSERT_FALSE(page.empty());
  EXPECT_LT(page.cols, 1800);
  EXPECT_LT(page.rows, 1600);
  const cv::Mat dark = page < 110;
  // Dark pixels of the diagonal fill about a share of 1 / classes of the matrix.
  EXPECT_GT(cv::countNonZero(dark), 500);
  EXPECT_GT(cv::countNonZero(page > 235), page.rows * page.cols / 2);
}

INSTANTIATE_TEST_SUITE_P(Classes, EvalPictureTest, ::testing::Values(2, 10, 20, 21, 60, 61, 1000));

TEST(EvalReportFiles, AreAllWritten) {
  std::string name = (std::filesystem::temp_directory_path() / "fovea-eval-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path dir = name;
  write_eval_report(make_report(3, 2), dir / "deep/report");
  for (const char* file : {"eval.json", "classes.csv", "confusion.csv", "confusion.png"}) {
    EXPECT_GT(std::filesystem::file_size(dir / "deep/report" / file), 50U) << file;
  }
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace fovea::pipeline
