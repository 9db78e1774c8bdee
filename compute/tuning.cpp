// SPDX-License-Identifier: Apache-2.0
#include "compute/tuning.hpp"

#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/whole_file.hpp"

namespace fovea::compute {
namespace {

/// Text that says what the plans were measured with; any difference makes the file useless.
std::string heading(const CacheKey& key) {
  return fmt::format(
      "fovea tuning 1\tdevice {:08x}:{:08x}\tdriver {:08x} {:02x}\tshaders {:016x}\n",
      key.vendor_id, key.device_id, key.driver_version, fmt::join(key.driver_uuid, ""),
      key.shader_hash);
}

std::string closing(std::string_view text) {
  return fmt::format("end {:016x}\n", fnv1a(std::as_bytes(std::span(text))));
}

/// Takes the text up to `mark` off `rest`; nothing where there is no mark.
std::optional<std::string_view> take(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return taken;
}

}  // namespace

std::optional<std::string> Tuning::find(std::string_view step) const {
  const auto found = plans_.find(step);
  return found == plans_.end() ? std::nullopt : std::optional(found->second);
}

Tuning load_tuning(const std::filesystem::path& file, const CacheKey& key) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::string head = heading(key);
  const std::size_t tail = closing("").size();
  if (!text.starts_with(head) || text.size() < head.size() + tail) return {};
  const std::string_view body(text.data(), text.size() - tail);
  if (text.substr(body.size()) != closing(body)) return {};
  Tuning tuning;
  for (std::string_view rest = body.substr(head.size()); !rest.empty();) {
    const auto step = take(rest, '\t');
    const auto plan = take(rest, '\n');
    if (!step || !plan) return {};
    tuning.set(std::string(*step), std::string(*plan));
  }
  return tuning;
}

bool store_tuning(const std::filesystem::path& file, const CacheKey& key, const Tuning& tuning) {
  std::string text = heading(key);
  for (const auto& [step, plan] : tuning.plans()) text += fmt::format("{}\t{}\n", step, plan);
  text += closing(text);
  return replace_file(file, {std::as_bytes(std::span(text))});
}

}  // namespace fovea::compute
