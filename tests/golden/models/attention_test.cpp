// SPDX-License-Identifier: Apache-2.0
// Attention as the reference implementations give it (output_attentions), and rollout as plain
// NumPy computes it of that: through Inference, as a user gets it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/golden/models/golden_model.hpp"
#include "tests/support/device_fixture.hpp"
#include "vision/inference.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::golden {
namespace {

using vision::AttentionHeads;
using vision::AttentionMaps;
using vision::AttentionMethod;
using vision::AttentionQuery;
using vision::AttentionRequest;

// Weights are at most 1, and logits of fp32 agree within 1e-5 of their range.
constexpr double kTolerance = 1e-5;

/// Of tests/golden/models/data/<name>/golden, made by scripts/goldens/make_attention_goldens.py.
struct GoldenAttention {
  explicit GoldenAttention(const std::string& name)
      : model(load_golden(name)),
        attention(vision::read_npy(model.folder / "golden/attention.npy")),
        rollout(vision::read_npy(model.folder / "golden/rollout.npy")),
        layers(attention.shape.at(1)),
        heads(attention.shape.at(2)),
        tokens(attention.shape.at(3)) {}

  /// [T], of one query.
  std::span<const float> row(std::size_t picture, std::size_t layer, std::size_t head,
                             std::size_t token) const {
    const std::size_t index = ((picture * layers + layer) * heads + head) * tokens + token;
    return std::span(attention.values).subspan(index * tokens, tokens);
  }
  std::span<const float> rollout_row(std::size_t picture, std::size_t token) const {
    return std::span(rollout.values).subspan((picture * tokens + token) * tokens, tokens);
  }
  /// [H, W, 3], as Pending::input() takes it.
  std::vector<std::uint8_t> pixels(std::size_t picture) const {
    const std::vector<float>& planes = model.pictures[picture];
    const std::size_t plane = planes.size() / 3;
    std::vector<std::uint8_t> bytes(planes.size());
    for (std::size_t i = 0; i < planes.size(); ++i) {
      bytes[i % plane * 3 + i / plane] =
          static_cast<std::uint8_t>(std::lround(planes[i] * 127.5f + 127.5f));
    }
    return bytes;
  }

  GoldenModel model;
  vision::NpyArray attention, rollout;
  std::size_t layers, heads, tokens;
};

std::vector<std::string> attention_names() {
  std::vector<std::string> names = golden_names();
  std::erase_if(names, [](const std::string& name) {
    return !std::filesystem::exists(load_golden(name).folder / "golden/attention.npy");
  });
  return names;
}

class Attention : public test::DeviceTest, public testing::WithParamInterface<std::string> {
 protected:
  vision::Inference make(std::optional<AttentionRequest> request) {
    return vision::Inference(device(), checkpoint_,
                             {.max_batch = 2, .attention = std::move(request)});
  }
  vision::Pending begin(vision::Inference& inference) {
    vision::Pending pending = inference.begin({golden_.model.input_h, golden_.model.input_w}, 2);
    for (int i = 0; i < 2; ++i) {
      std::ranges::copy(golden_.pixels(static_cast<std::size_t>(i)), pending.input(i).begin());
    }
    return pending;
  }
  /// Both pictures' maps, asked for `token` where it is 0 or more.
  std::vector<AttentionMaps> maps(vision::Inference& inference, int token = -1) {
    vision::Pending pending = begin(inference);
    for (int i = 0; token >= 0 && i < 2; ++i) pending.ask(i, token);
    pending.submit();
    pending.finish();
    return {pending.attention(0), pending.attention(1)};
  }

  static void expect_row(std::span<const float> actual, std::span<const float> expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t j = 0; j < actual.size(); ++j) {
      ASSERT_NEAR(actual[j], expected[j], kTolerance) << "token " << j;
    }
  }
  static void expect_sums_to_one(std::span<const float> row) {
    // Weights of 1 in all, each rounded by 2^-24 of itself, and their sum by as much.
    EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1.0, 1e-6);
  }

  GoldenAttention golden_{GetParam()};
  vision::Checkpoint checkpoint_ = vision::Checkpoint::open(golden_.model.folder);
};

TEST_P(Attention, OfEveryLayerHeadAndTokenIsTheReferences) {
  AttentionRequest request{.heads = AttentionHeads::all, .query = AttentionQuery::patch};
  request.layers.resize(golden_.layers);
  std::iota(request.layers.begin(), request.layers.end(), 0);
  vision::Inference inference = make(request);
  for (std::size_t token = 0; token < golden_.tokens; ++token) {
    const std::vector<AttentionMaps> found = maps(inference, static_cast<int>(token));
    for (std::size_t picture = 0; picture < 2; ++picture) {
      ASSERT_EQ(found[picture].tokens(), golden_.tokens);
      for (std::size_t layer = 0; layer < golden_.layers; ++layer) {
        for (std::size_t head = 0; head < golden_.heads; ++head) {
          const auto row = found[picture].row(static_cast<int>(layer), static_cast<int>(head), 0);
          expect_row(row, golden_.row(picture, layer, head, token));
          expect_sums_to_one(row);
        }
      }
    }
  }
}

TEST_P(Attention, OfSeveralHeadsIsTheirMeanOrMaximumOrOne) {
  const int head = static_cast<int>(golden_.heads) - 1;
  const auto token = static_cast<std::size_t>(checkpoint_.config().detection_tokens);  // CLS
  for (const AttentionHeads heads :
       {AttentionHeads::mean, AttentionHeads::max, AttentionHeads::one}) {
    vision::Inference inference = make(AttentionRequest{.heads = heads, .head = head});
    const std::vector<AttentionMaps> found = maps(inference);
    for (std::size_t picture = 0; picture < 2; ++picture) {
      std::vector<float> expected(golden_.tokens);
      for (std::size_t j = 0; j < golden_.tokens; ++j) {
        for (std::size_t h = 0; h < golden_.heads; ++h) {
          const float weight = golden_.row(picture, golden_.layers - 1, h, token)[j];
          if (heads == AttentionHeads::max) expected[j] = std::max(expected[j], weight);
          if (heads == AttentionHeads::mean) {
            expected[j] += weight / static_cast<float>(golden_.heads);
          }
          if (heads == AttentionHeads::one) expected[j] = weight;  // the last stays
        }
      }
      expect_row(found[picture].row(0, 0, 0), expected);
    }
  }
}

TEST_P(Attention, RolloutIsThatOfTheReferencesMatrices) {
  vision::Inference inference =
      make(AttentionRequest{.method = AttentionMethod::rollout, .query = AttentionQuery::patch});
  for (std::size_t token = 0; token < golden_.tokens; ++token) {
    const std::vector<AttentionMaps> found = maps(inference, static_cast<int>(token));
    for (std::size_t picture = 0; picture < 2; ++picture) {
      expect_row(found[picture].row(0, 0, 0), golden_.rollout_row(picture, token));
      expect_sums_to_one(found[picture].row(0, 0, 0));
    }
  }
}

class DetectorAttention : public Attention {};

TEST_P(DetectorAttention, OfDetectionTokensIsOneRowForEach) {
  const int detections = checkpoint_.config().detection_tokens;
  for (const AttentionMethod method : {AttentionMethod::raw, AttentionMethod::rollout}) {
    vision::Inference inference =
        make(AttentionRequest{.method = method, .query = AttentionQuery::detections});
    const std::vector<AttentionMaps> found = maps(inference);
    for (std::size_t picture = 0; picture < 2; ++picture) {
      ASSERT_EQ(found[picture].queries, detections);
      for (int q = 0; q < detections; ++q) {
        const auto token = static_cast<std::size_t>(q);
        std::vector<float> mean(golden_.tokens);
        for (std::size_t h = 0; h < golden_.heads; ++h) {
          const auto row = golden_.row(picture, golden_.layers - 1, h, token);
          for (std::size_t j = 0; j < row.size(); ++j) {
            mean[j] += row[j] / static_cast<float>(golden_.heads);
          }
        }
        expect_row(found[picture].row(0, 0, q),
                   method == AttentionMethod::raw ? mean : golden_.rollout_row(picture, token));
      }
    }
  }
}

/// The fused kernel stays on: with or without maps, the answers have the same bits.
TEST_P(Attention, LeavesTheAnswersAsTheyWere) {
  const auto answers = [&](std::optional<AttentionRequest> request) {
    vision::Inference inference = make(std::move(request));
    vision::Pending pending = begin(inference);
    pending.submit();
    const auto found = pending.finish();
    return std::vector<float>(found.begin(), found.end());
  };
  const std::vector<float> without = answers({});
  EXPECT_EQ(answers(AttentionRequest{.layers = {0, -1}}), without);
  EXPECT_EQ(answers(AttentionRequest{.method = AttentionMethod::rollout}), without);
}

INSTANTIATE_TEST_SUITE_P(Models, Attention, testing::ValuesIn(attention_names()), test_name);
INSTANTIATE_TEST_SUITE_P(Models, DetectorAttention, testing::Values("yolos-mid-positions-own-grid"),
                         test_name);

}  // namespace
}  // namespace fovea::golden
