// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {

const std::vector<StageKind>& stage_kinds() {
  static const std::vector<StageKind> kinds{
      {{"classify",
        "Names what is in the picture",
        "model",
        {key("model", ValueType::text, &ClassifyConfig::model,
             "A model folder, a built-in name, or org/name[@revision] (see: fovea models list)",
             {.required = true}),
         key("top", ValueType::integer, &ClassifyConfig::top, "Labels kept per picture, best first",
             {.min = 1, .max = 1000}),
         key("resample", ValueType::choice, &ClassifyConfig::resample,
             "Resampling filter instead of the checkpoint's own; cv_linear is OpenCV's",
             {.choices = {"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming",
                          "cv_linear"}})}},
       [] { return StageConfig(ClassifyConfig{}); },
       {"image"},
       {"labels"}},
      {{"filter",
        "Lets a picture pass only if its best label fits",
        "",
        {key("labels", ValueType::texts, &FilterConfig::labels,
             "Names that may pass; left out: any"),
         key("min_score", ValueType::score, &FilterConfig::min_score,
             "Smallest score that may pass: 0 to 1, or a percentage", {.min = 0, .max = 1})}},
       [] { return StageConfig(FilterConfig{}); },
       {"labels"},
       {}}};
  return kinds;
}

}  // namespace fovea::pipeline
