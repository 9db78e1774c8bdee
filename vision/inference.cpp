// SPDX-License-Identifier: Apache-2.0
#include "vision/inference.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/ops/resample.hpp"
#include "vision/attend/attention_steps.hpp"
#include "vision/byte_table.hpp"
#include "vision/models/model.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

namespace {

constexpr const char* kImages = "images";
constexpr const char* kSources = "sources";
constexpr const char* kAnswers = "answers";
// Of programs for other sizes of picture than the last.
constexpr std::uint64_t kMostOtherBytes = std::uint64_t{1} << 30;

/// Mapped memory is aligned for any element type, and holds nothing but f32 here.
std::span<const float> as_floats(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}
std::span<std::uint8_t> as_pixels(std::span<std::byte> bytes) {
  return {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}

std::size_t picture_bytes(InputSize size) {
  if (size.source_bytes > 0) return size.source_bytes;
  return std::size_t{3} * static_cast<std::size_t>(size.h) * static_cast<std::size_t>(size.w);
}

/// Places that stay empty are resized with the others: of no samples, so that nothing is read.
void describe_nothing(std::span<std::uint8_t> places, InputSize size) {
  const std::size_t described =
      4 * (compute::ops::kSourceHeaderWords +
           compute::ops::kTapWords * static_cast<std::size_t>(size.h + size.w));
  for (; !places.empty(); places = places.subspan(size.source_bytes)) {
    std::ranges::fill(places.first(described), std::uint8_t{0});
  }
}

}  // namespace

std::span<std::uint8_t> Pending::input(int i) {
  assert(i >= 0 && i < size_);
  const std::size_t bytes = images_.size() / static_cast<std::size_t>(size_);
  return images_.subspan(static_cast<std::size_t>(i) * bytes, bytes);
}

std::span<const float> Pending::finish() {
  run_.wait();
  return answers_;
}

void Pending::ask(int i, int token) {
  assert(attention_ != nullptr && i >= 0 && i < size_);
  attention_->ask(run_, i, grid_, token);
}

AttentionMaps Pending::attention(int i) const {
  assert(attention_ != nullptr && i >= 0 && i < size_);
  return attention_->maps(run_, i, grid_);
}

struct Inference::Impl {
  /// What programs of one size of picture share.
  struct Size {
    explicit Size(compute::Device& device) : constants(device) {}
    compute::ConstantStore constants;
    Positions positions;
  };
  struct Kept {
    std::shared_ptr<Size> size;  // before the program, which reads its constants
    InputSize input;
    int batch = 0;
    compute::Program program;
    std::atomic<int> in_use{0};

    Kept(std::shared_ptr<Size> of, InputSize in, int pictures, compute::Program built)
        : size(std::move(of)), input(in), batch(pictures), program(std::move(built)) {}
    std::uint64_t bytes(int slots) const {
      const auto sources = static_cast<std::uint64_t>(batch * slots) * input.source_bytes;
      return program.scratch_bytes() + size->constants.size_bytes() + sources;
    }
  };

  Impl(compute::Device& gpu, const Checkpoint& checkpoint, const Preprocessor& preprocessor,
       const InferenceOptions& chosen)
      : device(gpu),
        options(chosen),
        weights(gpu),
        byte_values(upload_byte_values(weights, preprocessor.byte_values())),
        model(make_model(gpu, weights, checkpoint, chosen.precision)),
        usual_size(preprocessor.usual_size()) {
    if (options.attention) attention.emplace(*options.attention, model->config());
  }

  int kept_batch(int n) const {
    int batch = 1;
    while (batch < n) batch *= 2;
    return std::min(batch, options.max_batch);
  }

  Kept& kept_for(InputSize size, int n) {
    if (n < 1 || n > options.max_batch) {
      throw ShapeError(fmt::format("a batch of {} pictures", n), "Inference",
                       fmt::format("ask for 1 to {} (max_batch)", options.max_batch));
    }
    return kept(size, kept_batch(n));
  }

  /// The program, built if need be; from now on the one used last.
  Kept& kept(InputSize size, int batch) {
    const auto found = std::ranges::find_if(
        programs, [&](const Kept& each) { return each.batch == batch && each.input == size; });
    if (found != programs.end()) {
      programs.splice(programs.begin(), programs, found);
      return programs.front();
    }
    while (too_many(size) && drop_one_of_another(size)) {
    }
    const std::shared_ptr<Size> shared = constants_of(size);
    for (;;) {
      try {
        programs.emplace_front(shared, size, batch, build(size, shared->positions, batch));
        return programs.front();
      } catch (const OutOfMemory&) {
        if (!drop_one_of_another(size)) throw;
      }
    }
  }

  bool too_many(InputSize size) const {
    int others = 0;
    std::uint64_t bytes = 0;
    for (const Kept& each : programs) {
      if (each.input == size) continue;
      ++others;
      bytes += each.bytes(options.slots);
    }
    return others > options.other_programs || bytes > kMostOtherBytes;
  }

  /// The one longest not used. False where all of them are in flight or of this size.
  bool drop_one_of_another(InputSize size) {
    for (auto each = programs.end(); each != programs.begin();) {
      --each;
      if (each->input == size || each->in_use.load() > 0) continue;
      programs.erase(each);
      return true;
    }
    return false;
  }

  std::shared_ptr<Size> constants_of(InputSize size) {
    size.source_bytes = 0;  // whoever makes the pictures, they have the same positions
    for (const Kept& each : programs) {
      if (each.size->positions.size == size) return each.size;
    }
    auto made = std::make_shared<Size>(device);
    made->positions = model->positions(made->constants, size);
    return made;
  }

  /// What the model looks at: brought in as it is, or made here of sources.
  static compute::Tensor pictures(compute::ProgramBuilder& builder, InputSize size, int batch) {
    if (size.source_bytes == 0) {
      return builder.input(kImages, {{batch, size.h, size.w, 3}, compute::DType::u8});
    }
    const auto bytes = static_cast<std::int64_t>(size.source_bytes);
    const compute::Tensor sources = builder.input(kSources, {{batch, bytes}, compute::DType::u8});
    return compute::ops::resample(builder, sources, size.h, size.w);
  }

  void append(compute::ProgramBuilder& builder, InputSize size, const Positions& positions,
              int batch) const {
    const compute::ops::Pixels images{pictures(builder, size, batch), byte_values};
    std::vector<compute::Tensor> qkv;
    const VitExtras extras{.qkv = attention ? &qkv : nullptr};
    builder.output(kAnswers, model->forward(builder, images, positions, VitTaps::none, extras));
    if (attention) attention->append(builder, qkv);
  }

  compute::Program build(InputSize size, const Positions& positions, int batch) {
    compute::ProgramBuilder builder(device,
                                    fmt::format("{} batch {}", model->config().family, batch));
    append(builder, size, positions, batch);
    return std::move(builder).build(options.slots, options.timing);
  }

  compute::Device& device;
  InferenceOptions options;
  compute::ConstantStore weights;
  compute::ops::Table byte_values;
  std::unique_ptr<Model> model;
  InputSize usual_size;
  std::optional<AttentionSteps> attention;
  std::list<Kept> programs;  // the one used last in front
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
  if (device.tune_seconds() > 0) {
    tune(options.max_batch, {.seconds = device.tune_seconds(), .stop = options.stop});
  }
  impl_->kept(impl_->usual_size, options.max_batch);
}

Inference::~Inference() = default;

const VitConfig& Inference::config() const noexcept { return impl_->model->config(); }
const InferenceOptions& Inference::options() const noexcept { return impl_->options; }
std::int64_t Inference::answer_length() const noexcept { return impl_->model->answer_length(); }
InputSize Inference::usual_size() const noexcept { return impl_->usual_size; }
std::size_t Inference::programs() const noexcept { return impl_->programs.size(); }

Pending Inference::begin(InputSize size, int n) {
  Impl::Kept& kept = impl_->kept_for(size, n);
  InUse in_use(kept.in_use);
  compute::Run run = kept.program.begin();
  const auto pictures = static_cast<std::size_t>(n);
  const bool makes = size.source_bytes > 0;
  const auto places = as_pixels(run.input(makes ? kSources : kImages));
  const auto images = places.first(pictures * picture_bytes(size));
  if (makes) {
    const auto all = places.first(static_cast<std::size_t>(kept.batch) * size.source_bytes);
    describe_nothing(all.subspan(images.size()), size);
  }
  const auto answers =
      as_floats(run.output(kAnswers)).first(pictures * static_cast<std::size_t>(answer_length()));
  const AttentionSteps* attention = impl_->attention ? &*impl_->attention : nullptr;
  const PatchGrid grid = patch_grid(config(), size.h, size.w);
  // Rows of places that stay empty are asked for too, of tokens that are there.
  if (attention != nullptr) attention->ask(run, kept.batch, grid);
  return Pending(std::move(in_use), std::move(run), n, images, answers, attention, grid);
}

std::size_t Inference::max_source_bytes() const noexcept {
  const auto batch = static_cast<std::uint64_t>(options().max_batch);
  const auto slots = static_cast<std::uint64_t>(options().slots);
  return std::bit_floor(
      std::min<std::uint64_t>(options().staging_bytes / (batch * slots),
                              impl_->device.limits().max_storage_range_bytes / batch));
}

void Inference::set_max_batch(int max_batch) {
  assert(max_batch >= 1);
  impl_->kept(impl_->usual_size, max_batch);
  impl_->options.max_batch = max_batch;
  impl_->programs.remove_if([&](const Impl::Kept& each) { return each.batch > max_batch; });
}

std::vector<compute::TunedStep> Inference::tune(int n, const compute::TuneOptions& options) {
  const int batch = impl_->kept_batch(n);
  const auto shared = impl_->constants_of(impl_->usual_size);
  return compute::tune(
      impl_->device,
      [&](compute::ProgramBuilder& builder) {
        impl_->append(builder, impl_->usual_size, shared->positions, batch);
      },
      options);
}

const compute::Program& Inference::program(int n) {
  return impl_->kept_for(impl_->usual_size, n).program;
}

std::uint64_t Inference::weight_bytes() const noexcept {
  std::uint64_t bytes = impl_->weights.size_bytes();
  const Impl::Size* counted = nullptr;
  for (const Impl::Kept& each : impl_->programs) {
    if (each.size->positions.size != impl_->usual_size || each.size.get() == counted) continue;
    counted = each.size.get();
    bytes += counted->constants.size_bytes();
  }
  return bytes;
}

}  // namespace fovea::vision
