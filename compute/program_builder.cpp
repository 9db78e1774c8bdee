// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/program_impl.hpp"
#include "compute/tuning.hpp"

namespace fovea::compute {
namespace {

/// Does the kernel's own contract fit what is bound to it?
void check_contract(const std::string& step, const Dispatch& d) {
  const KernelContract& contract = d.kernel.contract();
  const std::string where = fmt::format("step {}, shader {}", step, d.kernel.name());
  const char* fix = "make the wrapper in compute/ops/ agree with the shader's block";
  const std::size_t bound = d.reads.size() + d.writes.size();
  if (bound != contract.bindings.size()) {
    throw ShapeError(fmt::format("the shader has {} bindings, the wrapper binds {} tensors",
                                 contract.bindings.size(), bound),
                     where, fix);
  }
  for (std::size_t i = 0; i < bound; ++i) {
    const Access wanted = i < d.reads.size() ? Access::read : Access::write;
    if (contract.bindings[i] != wanted) {
      throw ShapeError(fmt::format("binding {} is not declared {}", i,
                                   wanted == Access::read ? "readonly" : "writeonly"),
                       where, fix);
    }
  }
  const std::uint32_t push_bytes = contract.push_constant_bytes - contract.address_bytes();
  if (d.push.size() != push_bytes) {
    throw ShapeError(
        fmt::format("the shader takes {} bytes of push constants, the wrapper gives {}", push_bytes,
                    d.push.size()),
        where, fix);
  }
}

void check_groups(const std::string& step, const Dispatch& d, const DeviceLimits& limits) {
  constexpr std::uint32_t kGuaranteed = 65535;  // axes y and z, by the specification
  const bool fits = d.groups[0] >= 1 && d.groups[0] <= limits.max_groups_x && d.groups[1] >= 1 &&
                    d.groups[1] <= kGuaranteed && d.groups[2] >= 1 && d.groups[2] <= kGuaranteed;
  if (fits) return;
  throw ShapeError(
      fmt::format("cannot dispatch {} x {} x {} groups", d.groups[0], d.groups[1], d.groups[2]),
      fmt::format("step {}, shader {}", step, d.kernel.name()), "use a smaller batch");
}

}  // namespace

ProgramBuilder::ProgramBuilder(Device& device, std::string name)
    : impl_(new Impl{device, std::move(name), {}, {}, {}, {}, {}, {}, {}, {}}) {}
ProgramBuilder::~ProgramBuilder() = default;
ProgramBuilder::ProgramBuilder(ProgramBuilder&&) noexcept = default;

Device& ProgramBuilder::device() const noexcept { return impl_->device; }
std::span<const Step> ProgramBuilder::steps() const noexcept { return impl_->steps; }

ProgramBuilder::Scope::Scope(ProgramBuilder& builder, std::string_view prefix)
    : builder_(builder), previous_length_(builder.impl_->prefix.size()) {
  builder_.impl_->prefix.append(prefix).append(".");
}
ProgramBuilder::Scope::~Scope() { builder_.impl_->prefix.resize(previous_length_); }

Tensor ProgramBuilder::add(std::string name, const TensorSpec& spec, ValueKind kind) {
  const auto id = static_cast<std::uint32_t>(impl_->values.size());
  const std::uint64_t limit = impl_->device.limits().max_storage_range_bytes;
  if (spec.size_bytes() > limit) {
    throw ShapeError(fmt::format("{} {} has {} bytes, the device binds at most {} at once", name,
                                 to_string(spec.shape), spec.size_bytes(), limit),
                     fmt::format("program {}", impl_->name), "use a smaller batch");
  }
  Value value;
  value.name = std::move(name);
  value.spec = spec;
  value.kind = kind;
  value.written = value.kind != ValueKind::scratch;
  impl_->values.push_back(std::move(value));
  return {spec, id};
}

Tensor ProgramBuilder::input(std::string name, const TensorSpec& spec) {
  return add(std::move(name), spec, ValueKind::input);
}

Tensor ProgramBuilder::constant(std::string name, const TensorSpec& spec, BufferSlice bytes) {
  const auto key = std::pair(bytes.buffer, bytes.offset_bytes);
  if (const auto known = impl_->constants.find(key); known != impl_->constants.end()) {
    return {spec, known->second};
  }
  const Tensor tensor = add(std::move(name), spec, ValueKind::constant);
  impl_->values[tensor.id].bytes = bytes;
  impl_->constants.emplace(key, tensor.id);
  return tensor;
}

Tensor ProgramBuilder::value(std::string name, const TensorSpec& spec) {
  return add(impl_->prefix + name, spec, ValueKind::scratch);
}

Tensor ProgramBuilder::companion(const Tensor& of, std::string name, const TensorSpec& spec) {
  assert(!companion_of(of));
  const Tensor tensor = workspace(std::move(name), spec);
  impl_->companions.emplace(of.id, tensor);
  return tensor;
}

Tensor ProgramBuilder::workspace(std::string name, const TensorSpec& spec) {
  const Tensor tensor = value(std::move(name), spec);
  impl_->values[tensor.id].read = true;
  return tensor;
}

std::optional<Tensor> ProgramBuilder::companion_of(const Tensor& of) const {
  const auto found = impl_->companions.find(of.id);
  return found == impl_->companions.end() ? std::nullopt : std::optional(found->second);
}

void ProgramBuilder::output(std::string name, const Tensor& tensor) {
  Value& value = impl_->values.at(tensor.id);
  if (value.kind != ValueKind::scratch) {
    throw ShapeError(
        fmt::format("'{}' cannot be an output: no step writes it, or it is one already",
                    value.name),
        fmt::format("program {}", impl_->name), "name each result once");
  }
  value.kind = ValueKind::output;
  value.output_name = std::move(name);
  value.read = true;
}

std::size_t ProgramBuilder::choose(std::string step, std::vector<std::string> plans) {
  impl_->choice = std::move(step);
  impl_->plans = std::move(plans);
  const auto tuned = impl_->device.tuning().find(impl_->choice);
  if (!tuned) return 0;
  // A plan that is no more was measured by another build.
  const auto found = std::find(impl_->plans.begin(), impl_->plans.end(), *tuned);
  return found == impl_->plans.end() ? 0 : static_cast<std::size_t>(found - impl_->plans.begin());
}

void ProgramBuilder::dispatch(std::string name, const Dispatch& d) {
  Step step;
  step.choice = std::exchange(impl_->choice, {});
  step.plans = std::exchange(impl_->plans, {});
  step.name = impl_->prefix + name;
  step.kernel = d.kernel.name();
  step.groups = d.groups;
  step.flop = d.flop;
  check_contract(step.name, d);
  check_groups(step.name, d, impl_->device.limits());

  RecordedStep recorded;
  recorded.kernel = &d.kernel;
  recorded.push.assign(d.push.begin(), d.push.end());
  append(std::move(step), d.reads, d.writes, std::move(recorded));
}

void ProgramBuilder::record(std::string name, const Recording& recording) {
  Step step;
  step.name = impl_->prefix + name;
  step.kernel = recording.kernel;
  step.flop = recording.flop;
  RecordedStep recorded;
  recorded.work = recording.work;
  append(std::move(step), recording.reads, recording.writes, std::move(recorded));
}

void ProgramBuilder::append(Step step, std::initializer_list<Tensor> reads,
                            std::initializer_list<Tensor> writes, RecordedStep recorded) {
  for (const Tensor& tensor : reads) {
    Value& value = impl_->values.at(tensor.id);
    if (!value.written) {
      throw ShapeError(fmt::format("'{}' is read before any step writes it", value.name),
                       fmt::format("step {}", step.name), "append its step first");
    }
    value.read = true;
    step.reads.push_back(tensor);
    step.read_bytes += value.spec.size_bytes();
    recorded.bindings.push_back(tensor.id);
  }
  for (const Tensor& tensor : writes) {
    Value& value = impl_->values.at(tensor.id);
    if (value.written) {
      throw ShapeError(fmt::format("'{}' is written twice", value.name),
                       fmt::format("step {}", step.name), "write into a new value");
    }
    value.written = true;
    step.writes.push_back(tensor);
    step.written_bytes += value.spec.size_bytes();
    recorded.bindings.push_back(tensor.id);
  }
  impl_->steps.push_back(std::move(step));
  impl_->recorded.push_back(std::move(recorded));
}

Program ProgramBuilder::build(int slots, Timing timing) && { return build_with(slots, timing, {}); }

Program ProgramBuilder::build_probe(std::span<const std::string> choices) && {
  std::vector<bool> left_out(impl_->steps.size(), true);
  for (const std::string& choice : choices) {
    const auto first = std::find_if(impl_->steps.begin(), impl_->steps.end(),
                                    [&](const Step& step) { return step.choice == choice; });
    if (first != impl_->steps.end()) {
      left_out[static_cast<std::size_t>(first - impl_->steps.begin())] = false;
    }
  }
  return build_with(1, Timing::steps, std::move(left_out));
}

Program ProgramBuilder::build_with(int slots, Timing timing, std::vector<bool> left_out) {
  for (const Value& value : impl_->values) {
    if (value.written && value.read) continue;
    throw ShapeError(
        fmt::format("'{}' is never {}", value.name, value.written ? "read" : "written"),
        fmt::format("program {}", impl_->name), "use it or leave it out");
  }
  std::vector<ValueUse> uses;
  for (const Value& value : impl_->values) {
    uses.push_back({value.spec.size_bytes(), value.kind == ValueKind::scratch});
  }
  std::vector<StepUse> step_uses;
  for (const Step& step : impl_->steps) {
    StepUse use;
    for (const Tensor& t : step.reads) use.reads.push_back(t.id);
    for (const Tensor& t : step.writes) use.writes.push_back(t.id);
    step_uses.push_back(std::move(use));
  }

  auto program = std::make_unique<Program::Impl>();
  program->device = &impl_->device;
  program->name = impl_->name;
  program->timing = impl_->device.impl().timestamp_ns > 0 ? timing : Timing::none;
  program->schedule =
      make_schedule(uses, step_uses, impl_->device.limits().storage_offset_alignment);
  for (std::size_t i = 0; i < impl_->steps.size(); ++i) {
    impl_->steps[i].barrier_before = program->schedule.barrier_before[i];
  }
  program->values = std::move(impl_->values);
  program->steps = std::move(impl_->steps);
  program->recorded = std::move(impl_->recorded);
  program->left_out = std::move(left_out);
  std::vector<const Kernel*> needed;
  for (const RecordedStep& step : program->recorded) {
    if (step.kernel != nullptr) needed.push_back(step.kernel);
  }
  kernels(impl_->device).compile(needed);
  program->make_pools(slots);
  for (int i = 0; i < slots; ++i) program->make_slot(program->slots.emplace_back());
  return Program(std::move(program));
}

}  // namespace fovea::compute
