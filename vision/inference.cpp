// SPDX-License-Identifier: Apache-2.0
#include "vision/inference.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <map>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/models/vit.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

namespace {

constexpr const char* kImages = "images";
constexpr const char* kLogits = "logits";

/// Mapped memory is aligned for any element type, and holds nothing but f32 here.
std::span<const float> as_floats(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}
std::span<std::uint8_t> as_pixels(std::span<std::byte> bytes) {
  return {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}

compute::ops::Table upload_byte_values(compute::ConstantStore& store, const ByteValues& values) {
  const std::span<const float> all(values.front().data(), sizeof(ByteValues) / sizeof(float));
  return compute::ops::upload_table(
      store, "byte_values",
      {static_cast<std::int64_t>(values.size()), static_cast<std::int64_t>(values.front().size())},
      all);
}

}  // namespace

std::span<std::uint8_t> Pending::input(int i) {
  assert(i >= 0 && i < size_);
  const std::size_t bytes = images_.size() / static_cast<std::size_t>(size_);
  return images_.subspan(static_cast<std::size_t>(i) * bytes, bytes);
}

std::span<const float> Pending::finish() {
  run_.wait();
  return logits_;
}

struct Inference::Impl {
  Impl(compute::Device& gpu, const Checkpoint& checkpoint, const Preprocessor& preprocessor,
       const InferenceOptions& chosen)
      : device(gpu),
        options(chosen),
        weights(gpu),
        byte_values(upload_byte_values(weights, preprocessor.byte_values())),
        model(gpu, weights, checkpoint, chosen.precision, preprocessor.output_h(),
              preprocessor.output_w()) {}

  int kept_size(int n) const {
    int size = 1;
    while (size < n) size *= 2;
    return std::min(size, options.max_batch);
  }

  compute::Program& program(int n) {
    if (n < 1 || n > options.max_batch) {
      throw ShapeError(fmt::format("a batch of {} pictures", n), "Inference",
                       fmt::format("ask for 1 to {} (max_batch)", options.max_batch));
    }
    return kept_program(kept_size(n));
  }

  compute::Program& kept_program(int size) {
    const auto found = programs.find(size);
    return found != programs.end() ? found->second
                                   : programs.emplace(size, build(size)).first->second;
  }

  void append(compute::ProgramBuilder& builder, int size) const {
    const compute::Tensor images =
        builder.input(kImages, {{size, model.input_h(), model.input_w(), 3}, compute::DType::u8});
    builder.output(kLogits, model.forward(builder, compute::ops::Pixels{images, byte_values}));
  }

  compute::Program build(int size) {
    compute::ProgramBuilder builder(device, fmt::format("vit batch {}", size));
    append(builder, size);
    return std::move(builder).build(options.slots, options.timing);
  }

  compute::Device& device;
  InferenceOptions options;
  compute::ConstantStore weights;
  compute::ops::Table byte_values;
  VitModel model;
  std::map<int, compute::Program> programs;
};

Inference::Inference(compute::Device& device, const Checkpoint& checkpoint,
                     const InferenceOptions& options) {
  if (options.max_batch < 1 || options.slots < 1) {
    throw ConfigError(fmt::format("batch {} with {} slots", options.max_batch, options.slots),
                      "InferenceOptions", "use 1 or more of each");
  }
  impl_ =
      std::make_unique<Impl>(device, checkpoint, Preprocessor(checkpoint.preprocess()), options);
  // Batch 1 and the other sizes are built when asked for, by what is known of them then.
  if (device.tune_seconds() > 0) tune(options.max_batch, {.seconds = device.tune_seconds()});
  impl_->kept_program(options.max_batch);
}

Inference::~Inference() = default;

const VitConfig& Inference::config() const noexcept { return impl_->model.config(); }
const InferenceOptions& Inference::options() const noexcept { return impl_->options; }
int Inference::input_h() const noexcept { return impl_->model.input_h(); }
int Inference::input_w() const noexcept { return impl_->model.input_w(); }

Pending Inference::begin(int n) {
  compute::Run run = impl_->program(n).begin();
  const auto pictures = static_cast<std::size_t>(n);
  const auto picture_bytes =
      std::size_t{3} * static_cast<std::size_t>(input_h()) * static_cast<std::size_t>(input_w());
  const auto images = as_pixels(run.input(kImages)).first(pictures * picture_bytes);
  const auto logits =
      as_floats(run.output(kLogits)).first(pictures * static_cast<std::size_t>(classes()));
  return Pending(std::move(run), n, images, logits);
}

void Inference::set_max_batch(int max_batch) {
  assert(max_batch >= 1);
  impl_->kept_program(max_batch);
  impl_->options.max_batch = max_batch;
  impl_->programs.erase(impl_->programs.upper_bound(max_batch), impl_->programs.end());
}

std::vector<compute::TunedStep> Inference::tune(int n, const compute::TuneOptions& options) {
  const int size = impl_->kept_size(n);
  return compute::tune(
      impl_->device, [&](compute::ProgramBuilder& builder) { impl_->append(builder, size); },
      options);
}

const compute::Program& Inference::program(int n) { return impl_->program(n); }
std::uint64_t Inference::weight_bytes() const noexcept { return impl_->weights.size_bytes(); }

}  // namespace fovea::vision
