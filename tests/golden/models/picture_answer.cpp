// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/models/picture_answer.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "vision/inference.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::golden {

std::vector<float> answer(compute::Device& device, const vision::Checkpoint& checkpoint,
                          compute::ops::Precision precision, const std::filesystem::path& picture) {
  cv::Mat rgb;
  cv::cvtColor(cv::imread(picture.string(), cv::IMREAD_COLOR), rgb, cv::COLOR_BGR2RGB);
  const vision::Preprocessor preprocessor(checkpoint.preprocess());
  vision::Inference inference(device, checkpoint, {.precision = precision});
  vision::Pending pending = inference.begin(preprocessor.output_size(rgb.rows, rgb.cols), 1);
  vision::ResampleScratch scratch;
  preprocessor.resize({rgb}, pending.input(0), scratch);
  pending.submit();
  const auto found = pending.finish();
  return {found.begin(), found.end()};
}

}  // namespace fovea::golden
