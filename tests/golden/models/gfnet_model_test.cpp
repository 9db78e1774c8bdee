// SPDX-License-Identifier: Apache-2.0
// What a GFNet promises besides its numbers.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "tests/golden/models/golden_model.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "vision/models/gfnet.hpp"

namespace fovea::golden {
namespace {

class GfnetModel : public test::DeviceTest {
 protected:
  vision::Checkpoint checkpoint_ = vision::Checkpoint::open(load_golden("gfnet-plain").folder);
  compute::ConstantStore store_{device()};
  vision::GfnetModel model_{device(), store_, checkpoint_, compute::ops::Precision::fp32};
};

TEST_F(GfnetModel, StepsCarryTheNamesOfBlocksAndFilters) {
  const vision::Positions positions = model_.positions(store_, {32, 32});
  compute::ProgramBuilder builder(device(), "gfnet");
  const compute::Tensor images = builder.input("images", {{2, 3, 32, 32}});
  builder.output("logits", model_.forward(builder, images, positions));
  std::vector<std::string> names;
  for (const compute::Step& step : builder.steps()) names.push_back(step.name);
  EXPECT_THAT(names, testing::IsSupersetOf({"embeddings.tokens", "blocks.0.filter.rows",
                                            "blocks.1.filter.columns", "blocks.1.filter.back"}));
}

TEST_F(GfnetModel, PicturesOfAnotherSizeAreRefused) {
  EXPECT_EQ(test::error_text([&] {
              model_.positions(store_, {32, 40});
            }),
            "a picture of 32x40 pixels (height x width) for filters of 4x4 patches\n"
            "  where: the model's input\n"
            "  fix:   correct the sizes in preprocessor_config.json to 32x32");
}

}  // namespace
}  // namespace fovea::golden
