// SPDX-License-Identifier: Apache-2.0
#include "vision/models/patch_embeddings.hpp"

#include <cstdint>
#include <variant>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {

namespace ops = compute::ops;
using compute::ProgramBuilder;
using compute::Shape;
using compute::Tensor;

void check_pictures(const VitInput& pictures, InputSize size, const std::string& who) {
  const auto* pixels = std::get_if<ops::Pixels>(&pictures);
  const Shape& given = pixels ? pixels->bytes.shape() : std::get<Tensor>(pictures).shape();
  const std::int64_t batch = given.rank() == 4 ? given[0] : 0;
  const Shape wanted = pixels ? Shape{batch, size.h, size.w, 3} : Shape{batch, 3, size.h, size.w};
  if (given == wanted) return;
  throw ShapeError(
      fmt::format("the pictures are {}", to_string(given)), who,
      fmt::format("give it [B, 3, {0}, {1}] or pixels [B, {0}, {1}, 3]", size.h, size.w));
}

Tensor patch_embeddings(ProgramBuilder& p, const VitInput& pictures, const VitConfig& config,
                        const ops::Linear& projection, const ops::Table& special_tokens,
                        const ops::Table& positions) {
  const auto scope = p.scope("embeddings");
  Tensor x = std::visit(
      [&](const auto& seen) { return ops::patches(p, seen, config.patch_h, config.patch_w); },
      pictures);
  x = ops::linear(p, x, projection);
  return ops::tokens(p, x, special_tokens, positions);
}

}  // namespace fovea::vision
