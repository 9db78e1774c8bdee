// SPDX-License-Identifier: Apache-2.0
#pragma once
// `classify: {on: crops}` in YAML: what a classifier says of each object that a detector found.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/line/input_pool.hpp"
#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

/// Runs a classifier over the parts of each picture that show its objects, in batches across the
/// objects of the picture: one is prepared while another is on the device. An object that is not
/// asked for keeps the labels it has.
class CropsStage : public FrameStage {
 public:
  /// `of` names the classes of objects to look at; empty: all.
  CropsStage(std::unique_ptr<ModelStage> classifier, std::vector<std::string> of);

  std::string_view name() const override { return classifier_->name(); }
  std::vector<Data> needs() const override { return {Data::image, Data::objects}; }
  std::vector<Data> gives() const override { return {}; }
  ModelStage* model() override { return classifier_.get(); }
  /// Throws FrameError when the classifier cannot take an object's part of the picture.
  std::optional<Frame> process(Frame frame) override;

 private:
  bool asked_for(const vision::Object& object) const;

  InputPool inputs_;
  std::unique_ptr<ModelStage> classifier_;
  std::vector<std::string> of_;
};

}  // namespace fovea::pipeline
