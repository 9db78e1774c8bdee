// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/vit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "tests/reference/global_filter.hpp"
#include "tests/reference/quantize.hpp"
#include "vision/models/positions.hpp"

namespace fovea::reference {

namespace {

using compute::ops::Activation;
using vision::Checkpoint;
using vision::Pooling;
using vision::VitConfig;

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

/// x W^T + b, W [out, in].
Matrix affine(const Matrix& x, const std::vector<double>& weight, const std::vector<double>& bias) {
  Matrix y(x.rows, bias.size());
  for (std::size_t r = 0; r < x.rows; ++r) {
    const double* in = x.row(r).data();  // plain pointers: this loop is most of the time
    const double* w = weight.data();
    for (std::size_t n = 0; n < y.columns; ++n) {
      double sum = bias[n];
      for (std::size_t k = 0; k < x.columns; ++k) sum += in[k] * *w++;
      y.at(r, n) = sum;
    }
  }
  return y;
}

void add(Matrix& to, const Matrix& what) {
  for (std::size_t i = 0; i < to.values.size(); ++i) to.values[i] += what.values[i];
}

double activate(double x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu:
      return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
    case Activation::gelu_tanh:
      return 0.5 * x *
             (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Activation::gelu_quick:
      return x / (1 + std::exp(-1.702 * x));
    case Activation::relu:
      return std::max(x, 0.0);
  }
  return x;
}

/// q, k, v [T, C] -> [T, C], one head after the other, the T x T scores in full.
Matrix attend(const Matrix& q, const Matrix& k, const Matrix& v, std::size_t heads) {
  const std::size_t tokens = q.rows, depth = q.columns / heads;
  Matrix y(tokens, q.columns);
  std::vector<double> scores(tokens);
  for (std::size_t h = 0; h < heads; ++h) {
    for (std::size_t i = 0; i < tokens; ++i) {
      for (std::size_t j = 0; j < tokens; ++j) {
        double dot = 0;
        for (std::size_t d = h * depth; d < (h + 1) * depth; ++d) dot += q.at(i, d) * k.at(j, d);
        scores[j] = dot / std::sqrt(static_cast<double>(depth));
      }
      const double largest = *std::max_element(scores.begin(), scores.end());
      double sum = 0;
      for (double& score : scores) sum += score = std::exp(score - largest);
      for (std::size_t d = h * depth; d < (h + 1) * depth; ++d) {
        for (std::size_t j = 0; j < tokens; ++j) y.at(i, d) += scores[j] / sum * v.at(j, d);
      }
    }
  }
  return y;
}

/// One row per patch, inner order (channel, row, column), cut out of the planes by OpenCV.
Matrix cut_patches(std::span<const float> image, int h, int w, int patch_h, int patch_w) {
  std::vector<cv::Mat> planes;
  for (int channel = 0; channel < 3; ++channel) {
    const auto first = static_cast<std::size_t>(channel) * static_cast<std::size_t>(h * w);
    // cv::Mat has no view of constant data; the planes are only read.
    planes.emplace_back(h, w, CV_32F, const_cast<float*>(image.data() + first));
  }
  const int rows = h / patch_h, columns = w / patch_w;
  Matrix patches(static_cast<std::size_t>(rows * columns),
                 static_cast<std::size_t>(3 * patch_h * patch_w));
  auto value = patches.values.begin();
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      for (const cv::Mat& plane : planes) {
        const cv::Mat patch = plane(cv::Rect(c * patch_w, r * patch_h, patch_w, patch_h)).clone();
        value = std::copy(patch.begin<float>(), patch.end<float>(), value);
      }
    }
  }
  return patches;
}

/// The checkpoint's layers as functions of doubles.
class Layers {
 public:
  Layers(const Checkpoint& checkpoint, WeightStorage storage)
      : checkpoint_(checkpoint), config_(checkpoint.config()), storage_(storage) {}

  Matrix linear(const Matrix& x, const std::string& name, std::int64_t out_features,
                bool has_bias = true, const std::string& layer_scale = {}) const {
    const auto in_features = static_cast<std::int64_t>(x.columns);
    return linear(x, checkpoint_.f32(name + ".weight", {out_features, in_features}), name,
                  out_features, has_bias, layer_scale);
  }

  Matrix patch_projection(const Matrix& patches) const {
    const std::string name = "embeddings.patch_embeddings.projection";
    return linear(patches,
                  checkpoint_.f32(name + ".weight", {config_.hidden_size, config_.channels,
                                                     config_.patch_h, config_.patch_w}),
                  name, config_.hidden_size, true, {});
  }

  Matrix layer_norm(const Matrix& x, const std::string& name) const {
    const auto width = static_cast<std::int64_t>(x.columns);
    const auto gamma = doubles(checkpoint_.f32(name + ".weight", {width}));
    const auto beta = doubles(checkpoint_.f32(name + ".bias", {width}));
    const auto count = static_cast<double>(x.columns);
    Matrix y(x.rows, x.columns);
    for (std::size_t r = 0; r < x.rows; ++r) {
      double mean = 0, variance = 0;
      for (double value : x.row(r)) mean += value / count;
      for (double value : x.row(r)) variance += (value - mean) * (value - mean) / count;
      for (std::size_t c = 0; c < x.columns; ++c) {
        y.at(r, c) = (x.at(r, c) - mean) /
                         std::sqrt(variance + static_cast<double>(config_.layer_norm_epsilon)) *
                         gamma[c] +
                     beta[c];
      }
    }
    return y;
  }

  Matrix block(Matrix x, int index) const {
    const std::string scope = fmt::format("encoder.layer.{}.", index);
    const std::int64_t width = config_.hidden_size;
    const auto scale = [&](const char* name) {
      return config_.layer_scale ? scope + name : std::string();
    };
    Matrix y = layer_norm(x, scope + "layernorm_before");
    const Matrix q = linear(y, scope + "attention.attention.query", width, config_.qkv_bias);
    const Matrix k = linear(y, scope + "attention.attention.key", width, config_.qkv_bias);
    const Matrix v = linear(y, scope + "attention.attention.value", width, config_.qkv_bias);
    y = attend(q, k, v, static_cast<std::size_t>(config_.heads));
    add(x, linear(y, scope + "attention.output.dense", width, true, scale("layer_scale1")));

    add(x, mlp(x, scope, scale("layer_scale2")));
    return x;
  }

  /// GFNet's: mixed by filters, and one residual around both halves.
  Matrix filter_block(Matrix x, int index) const {
    const std::string scope = fmt::format("encoder.layer.{}.", index);
    const int rows = config_.grid_h(), columns = config_.grid_w();
    const auto filter =
        checkpoint_.f32(scope + "filter.complex_weight",
                        {rows, columns / 2 + 1, std::int64_t{config_.hidden_size}, 2});
    Matrix y = layer_norm(x, scope + "layernorm_before");
    y.values = global_filter<double>(y.values, filter, 1, static_cast<std::size_t>(rows),
                                     static_cast<std::size_t>(columns), y.columns);
    add(x, mlp(y, scope, {}));
    return x;
  }

 private:
  Matrix mlp(const Matrix& x, const std::string& scope, const std::string& layer_scale) const {
    Matrix y = layer_norm(x, scope + "layernorm_after");
    y = linear(y, scope + "intermediate.dense", config_.mlp_size);
    for (double& value : y.values) value = activate(value, config_.activation);
    return linear(y, scope + "output.dense", config_.hidden_size, true, layer_scale);
  }

  Matrix linear(const Matrix& x, std::vector<float> weight, const std::string& name,
                std::int64_t out_features, bool has_bias, const std::string& layer_scale) const {
    std::vector<double> bias(static_cast<std::size_t>(out_features), 0.0);
    if (has_bias) bias = doubles(checkpoint_.f32(name + ".bias", {out_features}));
    std::vector<double> scale(bias.size(), 1.0);
    if (!layer_scale.empty()) scale = doubles(checkpoint_.f32(layer_scale, {out_features}));
    if (storage_ != WeightStorage::exact) {
      for (std::size_t i = 0; i < weight.size(); ++i) {
        weight[i] = static_cast<float>(weight[i] * scale[i / x.columns]);
      }
      if (storage_ == WeightStorage::f16) {
        for (float& value : weight) value = static_cast<float>(cv::float16_t(value));
      } else if (name.starts_with("encoder.layer.")) {
        weight = through_int8(weight, x.columns);
      }
      for (std::size_t n = 0; n < bias.size(); ++n) bias[n] *= scale[n];
      return affine(x, doubles(weight), bias);
    }
    Matrix y = affine(x, doubles(weight), bias);
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] *= scale[i % y.columns];
    return y;
  }

  const Checkpoint& checkpoint_;
  const VitConfig& config_;
  WeightStorage storage_;
};

/// Position embeddings [1, T, C] in the checkpoint's order to those over `grid`, in ours: those of
/// detection tokens, which the checkpoint has last, come first.
Matrix detector_positions(const VitConfig& config, std::span<const float> stored,
                          vision::PatchGrid grid) {
  const auto width = static_cast<std::size_t>(config.hidden_size);
  const vision::PatchGrid own{config.grid_h(), config.grid_w()};
  const auto own_values = static_cast<std::size_t>(own.count()) * width;
  const auto detections = stored.subspan(width + own_values);
  std::vector<float> patches = vision::resample_positions(
      stored.subspan(width, own_values), own, grid, config.hidden_size, config.position_resampling);
  Matrix positions(detections.size() / width + 1 + static_cast<std::size_t>(grid.count()), width);
  auto to = std::copy(detections.begin(), detections.end(), positions.values.begin());
  to = std::copy_n(stored.begin(), width, to);
  std::copy(patches.begin(), patches.end(), to);
  return positions;
}

/// [detection tokens, CLS, patches] with their positions.
Matrix detector_sequence(const Checkpoint& checkpoint, const Matrix& patches,
                         vision::PatchGrid grid) {
  const VitConfig& config = checkpoint.config();
  const std::int64_t width = config.hidden_size;
  Matrix x = detector_positions(
      config, checkpoint.f32("embeddings.position_embeddings", {1, config.tokens(), width}), grid);
  std::size_t at = 0;
  for (const float value :
       checkpoint.f32("embeddings.detection_tokens", {1, config.detection_tokens, width})) {
    x.values[at++] += value;
  }
  for (const float value : checkpoint.f32("embeddings.cls_token", {1, 1, width})) {
    x.values[at++] += value;
  }
  for (const double value : patches.values) x.values[at++] += value;
  return x;
}

/// Prefix rows first, then the patches; positions added to what has them.
Matrix sequence(const Checkpoint& checkpoint, const Matrix& patches, vision::PatchGrid grid) {
  const VitConfig& config = checkpoint.config();
  const std::int64_t width = config.hidden_size;
  std::vector<float> prefix;
  const auto append = [&](bool present, const char* name, std::int64_t rows) {
    if (!present) return;
    const auto values = checkpoint.f32(name, {1, rows, width});
    prefix.insert(prefix.end(), values.begin(), values.end());
  };
  append(config.class_token, "embeddings.cls_token", 1);
  append(config.distillation_token, "embeddings.distillation_token", 1);
  append(config.register_tokens > 0, "embeddings.register_tokens", config.register_tokens);

  const bool covered = config.positions_cover_prefix;
  const vision::PatchGrid own{config.grid_h(), config.grid_w()};
  const auto stored =
      checkpoint.f32("embeddings.position_embeddings",
                     {1, own.count() + (covered ? config.prefix_tokens() : 0), width});
  const std::size_t covered_values = covered ? prefix.size() : 0;
  std::vector<float> patch_positions(stored.begin() + static_cast<std::ptrdiff_t>(covered_values),
                                     stored.end());
  if (grid != own) {
    patch_positions = vision::resample_positions(patch_positions, own, grid, config.hidden_size,
                                                 config.position_resampling);
  }

  Matrix x(prefix.size() / patches.columns + patches.rows, patches.columns);
  std::copy(prefix.begin(), prefix.end(), x.values.begin());
  for (std::size_t i = 0; i < covered_values; ++i) x.values[i] += stored[i];
  for (std::size_t i = 0; i < patches.values.size(); ++i) {
    x.values[prefix.size() + i] = patches.values[i] + patch_positions[i];
  }
  return x;
}

/// `x`, whose last `patches` rows are the patches, without the rows of some of them.
Matrix without(const Matrix& x, std::size_t patches, std::span<const int> masked) {
  Matrix kept(x.rows - masked.size(), x.columns);
  auto to = kept.values.begin();
  for (std::size_t r = 0; r < x.rows; ++r) {
    const auto patch =
        static_cast<std::ptrdiff_t>(r + patches) - static_cast<std::ptrdiff_t>(x.rows);
    if (std::ranges::find(masked, patch) != masked.end()) continue;
    to = std::ranges::copy(x.row(r), to).out;
  }
  return kept;
}

Matrix one_row(std::span<const double> row) {
  Matrix x(1, row.size());
  x.values.assign(row.begin(), row.end());
  return x;
}

/// Three layers with ReLU between.
Matrix mlp_head(const Layers& layers, const std::string& name, Matrix x, std::int64_t outputs) {
  const auto width = static_cast<std::int64_t>(x.columns);
  for (int i = 0; i < 3; ++i) {
    x = layers.linear(x, fmt::format("{}.layers.{}", name, i), i < 2 ? width : outputs);
    if (i == 2) continue;
    for (double& value : x.values) value = activate(value, Activation::relu);
  }
  return x;
}

/// For each detection token the logits, then the box before its sigmoid.
std::vector<double> detections(const Layers& layers, const VitConfig& config, const Matrix& last) {
  Matrix x(static_cast<std::size_t>(config.detection_tokens), last.columns);
  std::copy_n(last.values.begin(), x.values.size(), x.values.begin());
  x = layers.layer_norm(x, "layernorm");
  const auto classes = static_cast<std::int64_t>(config.labels.size());
  const Matrix logits = mlp_head(layers, "class_labels_classifier", x, classes + 1);
  const Matrix boxes = mlp_head(layers, "bbox_predictor", x, 4);
  std::vector<double> all;
  for (std::size_t r = 0; r < x.rows; ++r) {
    all.insert(all.end(), logits.row(r).begin(), logits.row(r).end());
    all.insert(all.end(), boxes.row(r).begin(), boxes.row(r).end());
  }
  return all;
}

std::vector<double> head(const Layers& layers, const VitConfig& config, const Matrix& last) {
  const auto classes = static_cast<std::int64_t>(config.labels.size());
  const std::string norm = config.final_norm_after_pool ? "fc_norm" : "layernorm";
  if (config.pooling != Pooling::mean_patches) {
    const Matrix x = layers.layer_norm(last, norm);
    if (config.pooling == Pooling::cls) {
      return layers.linear(one_row(x.row(0)), "classifier", classes).values;
    }
    Matrix logits = layers.linear(one_row(x.row(0)), "cls_classifier", classes);
    add(logits, layers.linear(one_row(x.row(1)), "distillation_classifier", classes));
    for (double& value : logits.values) value /= 2;
    return logits.values;
  }
  const Matrix x = config.final_norm_after_pool ? last : layers.layer_norm(last, norm);
  const auto first = static_cast<std::size_t>(config.prefix_tokens());
  Matrix mean(1, x.columns);
  for (std::size_t r = first; r < x.rows; ++r) {
    for (std::size_t c = 0; c < x.columns; ++c) {
      mean.at(0, c) += x.at(r, c) / static_cast<double>(x.rows - first);
    }
  }
  if (config.final_norm_after_pool) mean = layers.layer_norm(mean, norm);
  return layers.linear(mean, "classifier", classes).values;
}

}  // namespace

VitTrace run_vit(const Checkpoint& checkpoint, std::span<const float> image, int input_h,
                 int input_w, WeightStorage storage, std::span<const int> masked) {
  const VitConfig& config = checkpoint.config();
  const Layers layers(checkpoint, storage);
  const Matrix patches =
      layers.patch_projection(cut_patches(image, input_h, input_w, config.patch_h, config.patch_w));
  const vision::PatchGrid grid{input_h / config.patch_h, input_w / config.patch_w};
  VitTrace trace;
  trace.embeddings = config.is_detector() ? detector_sequence(checkpoint, patches, grid)
                                          : sequence(checkpoint, patches, grid);
  if (!masked.empty()) trace.embeddings = without(trace.embeddings, patches.rows, masked);
  std::vector<float> mid_positions;
  if (config.mid_positions) {
    mid_positions = checkpoint.f32("encoder.mid_position_embeddings",
                                   {config.layers - 1, 1, config.tokens(), config.hidden_size});
  }
  const std::size_t each = mid_positions.empty()
                               ? 0
                               : mid_positions.size() / static_cast<std::size_t>(config.layers - 1);
  Matrix x = trace.embeddings;
  for (int i = 0; i < config.layers; ++i) {
    x = config.global_filters ? layers.filter_block(std::move(x), i)
                              : layers.block(std::move(x), i);
    trace.blocks.push_back(x);
    const std::size_t at = static_cast<std::size_t>(i) * each;
    if (at < mid_positions.size()) {
      add(x, detector_positions(config, std::span(mid_positions).subspan(at, each), grid));
    }
  }
  trace.logits = config.is_detector() ? detections(layers, config, x) : head(layers, config, x);
  return trace;
}

}  // namespace fovea::reference
