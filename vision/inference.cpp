// SPDX-License-Identifier: Apache-2.0
#include "vision/inference.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/models/vit.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

namespace {

constexpr const char* kImages = "images";
constexpr const char* kLogits = "logits";

/// Mapped memory is aligned for any element type, and holds nothing but f32 here.
std::span<float> as_floats(std::span<std::byte> bytes) {
  return {reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float)};
}
std::span<const float> as_floats(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

}  // namespace

struct Pending::Impl {
  compute::Run run;
  int size = 0;
  std::size_t picture_values = 0;  // 3 H W
  std::size_t classes = 0;
  std::span<float> images;
};

Pending::Pending(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pending::Pending(Pending&&) noexcept = default;
Pending& Pending::operator=(Pending&&) noexcept = default;
Pending::~Pending() = default;

int Pending::size() const noexcept { return impl_->size; }

std::span<float> Pending::input(int i) {
  assert(i >= 0 && i < impl_->size);
  return impl_->images.subspan(static_cast<std::size_t>(i) * impl_->picture_values,
                               impl_->picture_values);
}

void Pending::submit() { impl_->run.submit(); }

std::span<const float> Pending::finish() {
  impl_->run.wait();
  return as_floats(impl_->run.output(kLogits))
      .first(static_cast<std::size_t>(impl_->size) * impl_->classes);
}

std::uint64_t Pending::device_ns() const { return impl_->run.device_ns(); }

struct Inference::Impl {
  Impl(compute::Device& gpu, const Checkpoint& checkpoint, const Preprocessor& preprocessor,
       const InferenceOptions& chosen)
      : device(gpu),
        options(chosen),
        weights(gpu),
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
    const int size = kept_size(n);
    const auto found = programs.find(size);
    return found != programs.end() ? found->second
                                   : programs.emplace(size, build(size)).first->second;
  }

  compute::Program build(int size) {
    compute::ProgramBuilder builder(device, fmt::format("vit batch {}", size));
    const compute::Tensor images =
        builder.input(kImages, {{size, 3, model.input_h(), model.input_w()}});
    builder.output(kLogits, model.forward(builder, images));
    return std::move(builder).build(options.slots);
  }

  compute::Device& device;
  InferenceOptions options;
  compute::ConstantStore weights;
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
  impl_->program(1);
  impl_->program(options.max_batch);
}

Inference::~Inference() = default;

const VitConfig& Inference::config() const noexcept { return impl_->model.config(); }
const InferenceOptions& Inference::options() const noexcept { return impl_->options; }
int Inference::input_h() const noexcept { return impl_->model.input_h(); }
int Inference::input_w() const noexcept { return impl_->model.input_w(); }

Pending Inference::begin(int n) {
  compute::Run run = impl_->program(n).begin();
  const std::span<float> images = as_floats(run.input(kImages));
  const auto picture_values =
      std::size_t{3} * static_cast<std::size_t>(input_h()) * static_cast<std::size_t>(input_w());
  return Pending(std::make_unique<Pending::Impl>(Pending::Impl{
      std::move(run), n, picture_values, static_cast<std::size_t>(classes()), images}));
}

const compute::Program& Inference::program(int n) { return impl_->program(n); }
std::uint64_t Inference::weight_bytes() const noexcept { return impl_->weights.size_bytes(); }

}  // namespace fovea::vision
