// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/run.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <opencv2/core/utility.hpp>

#include "compute/device.hpp"
#include "compute/error.hpp"
#include "compute/tuning.hpp"
#include "pipeline/config/config.hpp"
#include "pipeline/line/attend_stage.hpp"
#include "pipeline/line/classify_stage.hpp"
#include "pipeline/line/crops_stage.hpp"
#include "pipeline/line/decode_frame.hpp"
#include "pipeline/line/detect_stage.hpp"
#include "pipeline/line/filter_stage.hpp"
#include "pipeline/line/line.hpp"
#include "pipeline/line/masking_stage.hpp"
#include "pipeline/line/model_hash.hpp"
#include "pipeline/line/run_outputs.hpp"
#include "pipeline/line/tile_stage.hpp"
#include "pipeline/live/live_line.hpp"
#include "pipeline/live/make_sources.hpp"
#include "pipeline/sources/sources.hpp"
#include "pipeline/spectral/spectral_stages.hpp"
#include "pipeline/track/track_stage.hpp"
#include "pipeline/track/zones_stage.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/models/auto_precision.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

SourceOptions source_options(const RunConfig& config, const RunOptions& options) {
  SourceOptions source;
  source.max_bytes = config.limits.max_bytes;
  source.stop = options.stop;
  source.not_input = options.not_input;
  for (fs::path& output : outputs_of(config)) source.not_input.push_back(std::move(output));
  return source;
}

/// What every model of the chain can spare; `models` outlive the result.
Reduction least_reduction(std::vector<const InferenceStage*> models) {
  return [models = std::move(models)](int height, int width) {
    int least = models.front()->reduction(height, width);
    for (const InferenceStage* model : models) {
      least = std::min(least, model->reduction(height, width));
    }
    return least;
  };
}

Decode make_decode(const RunConfig& config, const std::vector<const InferenceStage*>& models) {
  DecodeOptions options{
      config.limits.max_pixels, config.limits.max_bytes, config.truncated == Truncated::accept, {}};
  // What is looked at in parts is looked at closer than the model's input for the whole asks for.
  const bool in_parts = std::ranges::any_of(config.stages, looks_at_parts);
  if (config.decode == DecodeMode::fast && !models.empty() && !in_parts) {
    options.reduction = least_reduction(models);
  }
  const bool looks_for_objects = has_stage<DetectConfig>(config);
  return [options, looks_for_objects](const Packet& packet) {
    Frame frame = decode_frame(packet, options);
    frame.looks_for_objects = looks_for_objects;
    return frame;
  };
}

int decode_threads(const RunConfig& config) {
  if (config.decode_threads > 0) return config.decode_threads;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

/// A stage's model, found and opened but not yet on the device.
struct OpenedModel {
  vision::LocalModel local;
  vision::Checkpoint checkpoint;
};

std::vector<OpenedModel> open_models(const RunConfig& config) {
  std::vector<OpenedModel> models;
  for (const auto& stage : config.stages) {
    const std::string* model = model_of(stage);
    if (model == nullptr) continue;
    auto local = vision::find_model(*model);
    auto checkpoint = vision::Checkpoint::open(local.folder);
    models.push_back({std::move(local), std::move(checkpoint)});
  }
  if (models.empty()) {
    throw ConfigError("the chain has no model", "stages",
                      "put a 'classify' or 'detect' stage first");
  }
  return models;
}

/// "a" or "a, b": one text for all models of a chain.
template <class Item, class Text>
std::string of_all(const std::vector<Item>& items, Text text) {
  std::string all;
  for (const Item& item : items) {
    if (!all.empty()) all += ", ";
    all += text(item);
  }
  return all;
}

struct BuiltChain {
  std::vector<std::unique_ptr<Stage>> stages;
  std::vector<const InferenceStage*> models;  // those of the stages
  std::vector<std::string> labels;
  std::vector<vision::PrecisionChoice> precisions;  // of each model
  int batch = 1;
};

/// A stage that runs no model; null for one that does.
std::unique_ptr<Stage> make_frame_stage(const StageConfig& stage, SpectralStages& spectral) {
  if (const auto* filter = std::get_if<FilterConfig>(&stage)) {
    return std::make_unique<FilterStage>(*filter);
  }
  if (const auto* track = std::get_if<TrackConfig>(&stage)) {
    return std::make_unique<TrackStage>(*track);
  }
  if (const auto* zones = std::get_if<ZonesConfig>(&stage)) {
    return std::make_unique<ZonesStage>(*zones);
  }
  if (const auto* attend = std::get_if<AttendConfig>(&stage);
      attend != nullptr && !is_masking(*attend)) {
    return std::make_unique<AttendStage>(*attend);
  }
  return spectral.make(stage);
}

/// What an attend stage behind `model` asks of it.
std::optional<AttendConfig> asked_of(const StageConfig& model, const RunConfig& config) {
  for (std::size_t i = 0; i < config.stages.size(); ++i) {
    const auto* attend = std::get_if<AttendConfig>(&config.stages[i]);
    if (attend == nullptr || is_masking(*attend)) continue;
    if (model_before(config.stages, i) == &model) return *attend;
  }
  return std::nullopt;
}

/// The model's stage, or what looks at parts of pictures through it.
std::unique_ptr<Stage> as_stage(std::unique_ptr<ModelStage> model, const StageConfig& stage) {
  if (const auto* detect = std::get_if<DetectConfig>(&stage); detect != nullptr && detect->tile) {
    return std::make_unique<TileStage>(std::move(model), *detect->tile);
  }
  if (const auto* classify = std::get_if<ClassifyConfig>(&stage);
      classify != nullptr && classify->on == ClassifyOn::crops) {
    return std::make_unique<CropsStage>(std::move(model), classify->of);
  }
  return model;
}

/// An attend stage that runs the classifier before it, `checkpoint`, by itself.
std::unique_ptr<Stage> make_masking(const RunConfig& config, const AttendConfig& attend,
                                    const vision::Checkpoint& checkpoint, compute::Device& device,
                                    const BuiltChain& chain) {
  vision::PreprocessSpec recipe = checkpoint.preprocess();
  for (const StageConfig& stage : config.stages) {
    const auto* classify = std::get_if<ClassifyConfig>(&stage);
    if (classify != nullptr && names_pictures(stage)) recipe = recipe_of(recipe, *classify);
  }
  vision::MaskingOptions options;
  if (!chain.precisions.empty()) options.precision = chain.precisions.back().precision;
  if (config.batch != kAutoBatch) options.batch = config.batch;
  return std::make_unique<MaskingStage>(device, checkpoint, recipe, attend, options);
}

/// `sha256` gives the models' hash, which takes its time: asked only where needed.
BuiltChain build_chain(const RunConfig& config, const RunOptions& options,
                       const std::vector<OpenedModel>& models, compute::Device& device,
                       SpectralStages& spectral, const std::function<std::string()>& sha256) {
  BuiltChain chain;
  auto model = models.begin();
  for (const auto& stage : config.stages) {
    if (auto frame_stage = make_frame_stage(stage, spectral)) {
      chain.stages.push_back(std::move(frame_stage));
      continue;
    }
    if (const auto* attend = std::get_if<AttendConfig>(&stage)) {
      chain.stages.push_back(
          make_masking(config, *attend, std::prev(model)->checkpoint, device, chain));
      continue;
    }
    const vision::Checkpoint& checkpoint = (model++)->checkpoint;
    const auto* classify = std::get_if<ClassifyConfig>(&stage);
    if (classify == nullptr || names_pictures(stage)) chain.labels = checkpoint.config().labels;
    if (classify != nullptr && options.make_model) {
      chain.stages.push_back(options.make_model(device, checkpoint, *classify));
      continue;
    }
    const bool measured = config.batch == kAutoBatch;
    const vision::PrecisionChoice precision =
        vision::choose_precision(config.precision, device, checkpoint);
    const auto notice = [&](const std::string& text) {
      if (options.on_notice) options.on_notice(text);
    };
    if (!config.precision) {
      notice(fmt::format("precision {}: {}", to_string(precision.precision), precision.why));
    }
    const ModelOptions model_options{
        .precision = precision.precision,
        .batch = measured ? 1 : config.batch,
        .resample_on = looks_at_parts(stage) ? ResampleOn::host : config.resample_on,
        .threads = decode_threads(config),
        .stop = options.stop,
        .attend = asked_of(stage, config)};
    std::unique_ptr<InferenceStage> made;
    if (classify != nullptr) {
      made = std::make_unique<ClassifyStage>(device, checkpoint, *classify, model_options);
    } else {
      made = std::make_unique<DetectStage>(device, checkpoint, std::get<DetectConfig>(stage),
                                           model_options);
    }
    if (config.resample_on == ResampleOn::automatic && made->resample().on_device) {
      notice("pictures are resized on the device, " + made->resample().why);
    }
    if (measured) {
      AutoBatchOptions search{sha256(), config.memory, {}};
      if (!options.cache_dir.empty()) search.file = options.cache_dir / "batch-sizes.json";
      notice("batch " + made->settle_batch(device, search));
    }
    chain.batch = made->batch();
    chain.precisions.push_back(precision);
    chain.models.push_back(made.get());
    chain.stages.push_back(as_stage(std::move(made), stage));
  }
  return chain;
}

RunIdentity identify(const RunConfig& config, const std::vector<OpenedModel>& models,
                     const compute::Device& device, const BuiltChain& chain) {
  RunIdentity identity;
  identity.fovea_version = FOVEA_VERSION;
  identity.model = of_all(models, [](const auto& m) { return m.local.name; });
  identity.model_folder = of_all(models, [](const auto& m) { return m.local.folder.string(); });
  identity.device = device.info().name;
  identity.driver = device.info().driver;
  identity.device_uuid = device.info().uuid;
  identity.precision = to_string(config.precision);
  if (!chain.precisions.empty()) {
    identity.precision =
        of_all(chain.precisions, [](const auto& choice) { return to_string(choice.precision); });
    identity.precision_why = of_all(chain.precisions, [](const auto& choice) {
      return choice.why.empty() ? std::string("asked for") : "auto: " + choice.why;
    });
  }
  identity.resample_on = of_all(chain.models, [](const InferenceStage* model) {
    return model->resample().on_device ? "device" : "host";
  });
  identity.batch = chain.batch;
  identity.decode = config.decode == DecodeMode::fast ? "fast" : "exact";
  identity.opencv_version = cv::getVersionString();
  identity.config_yaml = emit_yaml(config);
  identity.started_utc = fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  return identity;
}

LiveOptions live_options(const RunConfig& config, const RunOptions& options,
                         const RunIdentity& identity) {
  LiveOptions live;
  live.batching = {static_cast<std::size_t>(config.batching.max), config.batching.max_wait};
  live.decode_threads = decode_threads(config);
  for (const StageConfig& stage : config.stages) {
    if (const auto* track = std::get_if<TrackConfig>(&stage)) {
      live.detect_every = track->detect_every;
    }
  }
  live.degrade = config.latency.degrade;
  live.max_age = config.latency.max_age;
  live.warm_up = true;
  live.stop = options.stop;
  live.on_progress = options.on_progress;
  live.on_notice = options.on_notice;
  live.observers = options.observers;
  live.model = identity.model;
  live.device = identity.device;
  return live;
}

}  // namespace

RunReport run_pipeline(const RunConfig& config, const RunOptions& options) {
  cv::setNumThreads(1);  // pictures run side by side; each on one thread
  const SourceOptions inputs = source_options(config, options);
  std::optional<Sources> sources;
  if (!is_live(config)) {
    sources.emplace(config.sources, inputs);
    if (!sources->any() && (options.stop == nullptr || !options.stop->load())) {
      throw sources->nothing_found();
    }
  }

  const std::vector<OpenedModel> models = open_models(config);
  const std::shared_future<std::string> hashes = std::async(std::launch::async, [&] {
    fs::path memory = options.cache_dir;
    if (!memory.empty()) memory /= "model-hashes.json";
    return of_all(models, [&](const auto& m) { return model_sha256(m.checkpoint, memory); });
  });
  compute::DeviceOptions wanted;
  wanted.request = config.device;
  wanted.cache_dir = options.cache_dir;
  // Without a folder to remember in, every start would measure anew.
  const bool tune = config.tune == Tune::automatic && !options.cache_dir.empty();
  wanted.tune_seconds = tune ? kTuneSeconds : 0;
  compute::Device device(wanted);
  if (options.on_notice) options.on_notice("device " + device.choice());

  RunReport report;
  const std::size_t known = device.tuning().plans().size();
  SpectralStages spectral(config.device, options.cache_dir);
  BuiltChain built =
      build_chain(config, options, models, device, spectral, [&hashes] { return hashes.get(); });
  if (const std::size_t now = device.tuning().plans().size(); options.on_notice && now > known) {
    options.on_notice(
        fmt::format("measured the kernels of {} kinds of step; kept for the next run "
                    "(fovea tune measures longer, --no-tune not at all)",
                    now - known));
  }
  report.labels = std::move(built.labels);
  report.identity = identify(config, models, device, built);
  const Chain chain(make_decode(config, built.models), std::move(built.stages));
  report.identity.model_sha256 = hashes.get();

  const auto owned = open_sinks(config, report.identity, report.labels, options.on_notice);
  std::vector<Sink*> sinks;
  for (const auto& sink : owned) sinks.push_back(sink.get());
  sinks.insert(sinks.end(), options.extra_sinks.begin(), options.extra_sinks.end());

  if (sources) {
    LineOptions line;
    line.decode_threads = decode_threads(config);
    line.stop = options.stop;
    line.on_progress = options.on_progress;
    line.count = [&](const std::atomic<bool>& enough) {
      return count_inputs(config.sources, inputs, enough);
    };
    report.summary = run_threaded(*sources, chain, sinks, line).summary;
  } else {
    report.summary = run_live(make_live_sources(config, inputs), chain, sinks,
                              live_options(config, options, report.identity));
  }

  if (options.on_notice) {
    for (const std::string& lost : report.summary.lost) options.on_notice(lost);
  }
  if (const fs::path dir = report_dir(config); !dir.empty()) {
    write_manifest(dir, report.identity, report.summary);
  }
  return report;
}

}  // namespace fovea::pipeline
