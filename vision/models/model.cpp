// SPDX-License-Identifier: Apache-2.0
#include "vision/models/model.hpp"

#include "vision/models/gfnet.hpp"
#include "vision/models/vit.hpp"
#include "vision/models/yolos.hpp"

namespace fovea::vision {

std::unique_ptr<Model> make_model(compute::Device& device, compute::ConstantStore& store,
                                  const Checkpoint& checkpoint, compute::ops::Precision precision) {
  if (checkpoint.config().is_detector()) {
    return std::make_unique<YolosModel>(device, store, checkpoint, precision);
  }
  if (checkpoint.config().global_filters) {
    return std::make_unique<GfnetModel>(device, store, checkpoint, precision);
  }
  return std::make_unique<VitModel>(device, store, checkpoint, precision);
}

}  // namespace fovea::vision
