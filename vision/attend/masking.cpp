// SPDX-License-Identifier: Apache-2.0
#include "vision/attend/masking.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <list>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "compute/buffer.hpp"
#include "compute/error.hpp"
#include "compute/program.hpp"
#include "vision/byte_table.hpp"
#include "vision/classify.hpp"
#include "vision/models/model.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

namespace {

constexpr const char* kImage = "image";
constexpr const char* kKept = "kept";
constexpr const char* kLogits = "logits";
constexpr std::size_t kMostPrograms = 16;

/// The class's share of the softmax, in double.
double score_of(std::span<const float> logits, std::size_t id) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return std::exp(logits[id] - largest) / sum;
}

}  // namespace

struct TokenMasking::Impl {
  /// Runs `batch` sequences of `length` tokens of one picture.
  struct Kept {
    std::size_t length;
    int batch;
    compute::Program program;
  };

  Impl(compute::Device& gpu, const Checkpoint& checkpoint, const MaskingOptions& chosen)
      : device(gpu),
        options(chosen),
        weights(gpu),
        byte_values(
            upload_byte_values(weights, Preprocessor(checkpoint.preprocess()).byte_values())),
        model(make_model(gpu, weights, checkpoint, chosen.precision)) {}

  void prepare(InputSize size) {
    if (constants && positions.size == size) return;
    programs.clear();  // they read the constants
    constants.emplace(device);
    positions = model->positions(*constants, size);
    grid = patch_grid(model->config(), size.h, size.w);
  }

  std::size_t others() const { return static_cast<std::size_t>(other_tokens(model->config())); }

  compute::Program build(std::size_t length, int batch) const {
    const InputSize size = positions.size;
    compute::ProgramBuilder builder(
        device, fmt::format("{} of {} tokens, {} masks", model->config().family, length, batch));
    const compute::ops::Pixels pixels{
        builder.input(kImage, {{1, size.h, size.w, 3}, compute::DType::u8}), byte_values};
    const compute::Tensor kept =
        builder.input(kKept, {{batch, static_cast<std::int64_t>(length)}, compute::DType::i32});
    builder.output(kLogits,
                   model->forward(builder, pixels, positions, VitTaps::none, {.kept = &kept}));
    return std::move(builder).build(1);
  }

  compute::Program& program(std::size_t length, int batch) {
    const auto found = std::ranges::find_if(
        programs, [&](const Kept& each) { return each.length == length && each.batch == batch; });
    if (found != programs.end()) {
      programs.splice(programs.begin(), programs, found);
    } else {
      if (programs.size() == kMostPrograms) programs.pop_back();
      programs.push_front({length, batch, build(length, batch)});
    }
    return programs.front().program;
  }

  /// Tokens that stay of a picture without `mask`: all but patches are first and stay.
  std::vector<std::int32_t> kept_tokens(const std::vector<int>& mask) const {
    std::vector<bool> masked(static_cast<std::size_t>(grid.count()), false);
    for (const int patch : mask) {
      const bool there = patch >= 0 && patch < grid.count();
      if (!there || masked[static_cast<std::size_t>(patch)]) {
        throw ShapeError(fmt::format("patch {} cannot be masked", patch), "TokenMasking",
                         fmt::format("name each of 0 to {} at most once", grid.count() - 1));
      }
      masked[static_cast<std::size_t>(patch)] = true;
    }
    if (mask.size() >= masked.size()) {
      throw ShapeError("a mask leaves no patch", "TokenMasking", "leave one or more");
    }
    std::vector<std::int32_t> kept(others());
    std::iota(kept.begin(), kept.end(), 0);
    for (std::size_t i = 0; i < masked.size(); ++i) {
      if (!masked[i]) kept.push_back(static_cast<std::int32_t>(others() + i));
    }
    return kept;
  }

  /// Logits of the masks that `which` names, all of one length, into their places in `to`.
  void run(std::span<const std::uint8_t> pixels, std::span<const std::vector<int>> masks,
           std::span<const std::size_t> which, std::vector<float>& to) {
    const auto classes = static_cast<std::size_t>(model->answer_length());
    const auto most = static_cast<std::size_t>(options.batch);
    const std::size_t batch = std::min(most, std::bit_ceil(which.size()));
    std::vector<std::int32_t> kept;  // [batch, length]; empty places repeat the last mask
    for (std::size_t place = 0; place < batch; ++place) {
      const auto tokens = kept_tokens(masks[which[std::min(place, which.size() - 1)]]);
      kept.insert(kept.end(), tokens.begin(), tokens.end());
    }
    compute::Run run = program(kept.size() / batch, static_cast<int>(batch)).begin();
    std::memcpy(run.input(kImage).data(), pixels.data(), pixels.size());
    std::memcpy(run.input(kKept).data(), kept.data(), kept.size() * sizeof kept.front());
    run.submit();
    run.wait();
    const std::span<const std::byte> logits = run.output(kLogits);
    const std::size_t bytes = classes * sizeof(float);
    for (std::size_t place = 0; place < which.size(); ++place) {
      std::memcpy(to.data() + which[place] * classes, logits.data() + place * bytes, bytes);
    }
  }

  compute::Device& device;
  MaskingOptions options;
  compute::ConstantStore weights;
  compute::ops::Table byte_values;
  std::unique_ptr<Model> model;
  std::optional<compute::ConstantStore> constants;  // of the size used last
  Positions positions;
  PatchGrid grid;
  std::list<Kept> programs;  // the one used last in front; they read the constants
};

TokenMasking::TokenMasking(compute::Device& device, const Checkpoint& checkpoint,
                           const MaskingOptions& options) {
  check_attention({.method = AttentionMethod::masking}, checkpoint.config());
  if (options.batch < 1 || options.group < 1) {
    throw ConfigError(
        fmt::format("masks in batches of {}, squares of {}", options.batch, options.group),
        "MaskingOptions", "use 1 or more of each");
  }
  impl_ = std::make_unique<Impl>(device, checkpoint, options);
}

TokenMasking::~TokenMasking() = default;

const VitConfig& TokenMasking::config() const noexcept { return impl_->model->config(); }

std::vector<float> TokenMasking::logits(std::span<const std::uint8_t> pixels, InputSize size,
                                        std::span<const std::vector<int>> masks) {
  assert(pixels.size() ==
         std::size_t{3} * static_cast<std::size_t>(size.h) * static_cast<std::size_t>(size.w));
  impl_->prepare(size);
  std::map<std::size_t, std::vector<std::size_t>> by_length;
  for (std::size_t i = 0; i < masks.size(); ++i) by_length[masks[i].size()].push_back(i);
  std::vector<float> answers(masks.size() *
                             static_cast<std::size_t>(impl_->model->answer_length()));
  const auto most = static_cast<std::size_t>(impl_->options.batch);
  for (const auto& [_, all] : by_length) {
    for (std::size_t first = 0; first < all.size(); first += most) {
      const std::size_t count = std::min(most, all.size() - first);
      impl_->run(pixels, masks, std::span(all).subspan(first, count), answers);
    }
  }
  return answers;
}

Relevance TokenMasking::relevance(std::span<const std::uint8_t> pixels, InputSize size,
                                  std::optional<int> class_id) {
  const PatchGrid grid = patch_grid(config(), size.h, size.w);
  const int group = std::min(impl_->options.group, std::max(grid.rows, grid.columns));
  std::vector<std::vector<int>> masks(1);  // the whole picture
  std::vector<std::size_t> mask_of(static_cast<std::size_t>(grid.count()));
  for (int top = 0; top < grid.rows; top += group) {
    for (int left = 0; left < grid.columns; left += group) {
      std::vector<int>& mask = masks.emplace_back();
      for (int row = top; row < std::min(top + group, grid.rows); ++row) {
        for (int column = left; column < std::min(left + group, grid.columns); ++column) {
          mask.push_back(row * grid.columns + column);
          mask_of[static_cast<std::size_t>(mask.back())] = masks.size() - 1;
        }
      }
    }
  }
  const std::vector<float> answers = logits(pixels, size, masks);
  const auto classes = static_cast<std::size_t>(impl_->model->answer_length());
  const auto row = [&](std::size_t mask) {
    return std::span(answers).subspan(mask * classes, classes);
  };

  Relevance relevance;
  relevance.logits.assign(row(0).begin(), row(0).end());
  relevance.class_id =
      class_id.value_or(top_labels(relevance.logits, config().labels, 1).front().id);
  const auto id = static_cast<std::size_t>(relevance.class_id);
  assert(id < classes);
  relevance.drops.others = other_tokens(config());
  relevance.drops.grid = grid;
  relevance.drops.weights.assign(static_cast<std::size_t>(relevance.drops.others), 0.0f);
  const double whole = score_of(row(0), id);
  for (const std::size_t mask : mask_of) {
    relevance.drops.weights.push_back(static_cast<float>(whole - score_of(row(mask), id)));
  }
  return relevance;
}

}  // namespace fovea::vision
