// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>

#include "compute/device.hpp"
#include "compute/device_facts.hpp"
#include "compute/ops/fft.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/sizes.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

const char* const kExamples = R"(Examples:
  fovea doctor
  fovea doctor --device gpu       what --device gpu would choose, and why
  fovea doctor --json
The exit code is 4 where no device can be used.)";

/// What decides about a run from outside of it. Secrets are only said to be there.
constexpr std::array kVariables{"FOVEA_MODELS",    "XDG_CACHE_HOME",   "HF_HOME",
                                "HF_HUB_CACHE",    "HF_ENDPOINT",      "HF_TOKEN",
                                "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "MESA_SHADER_CACHE_DIR",
                                "LP_NUM_THREADS",  "NO_COLOR"};

struct Findings {
  std::vector<compute::DeviceInfo> devices;
  std::string no_devices;  // why there are none
  std::string choice, refusal;
  std::vector<compute::DeviceFact> facts;  // of the chosen device
};

Findings look(const std::string& request) {
  Findings found;
  try {
    found.devices = compute::Device::list();
  } catch (const Error& error) {
    found.no_devices = error.what();
    return found;
  }
  try {
    compute::DeviceOptions options;
    options.request = request.empty() ? "auto" : request;
    compute::Device device(options);
    found.choice = device.choice();
    found.facts = device_facts(device);
  } catch (const Error& error) {
    found.refusal = error.what();
  }
  return found;
}

Json devices_json(const std::vector<compute::DeviceInfo>& devices) {
  Json list = Json::array();
  for (const compute::DeviceInfo& device : devices) {
    list.push_back({{"index", device.index},
                    {"name", device.name},
                    {"kind", to_string(device.kind)},
                    {"driver", device.driver},
                    {"api_version", device.api_version},
                    {"uuid", device.uuid},
                    {"memory_bytes", device.memory_bytes},
                    {"subgroup_size", device.subgroup_size},
                    {"refused", device.refused ? Json(*device.refused) : Json()}});
  }
  return list;
}

Json facts_json(const std::vector<compute::DeviceFact>& facts) {
  Json object = Json::object();
  for (const compute::DeviceFact& fact : facts) object[std::string(fact.name)] = fact.value;
  return object;
}

/// Bytes of the regular files directly in `folder`.
std::uint64_t folder_bytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) bytes += entry->file_size(ignored);
  }
  return bytes;
}

std::vector<std::string> codecs() {
  constexpr std::pair<const char*, const char*> kFormats[] = {{"JPEG", ".jpg"},  {"PNG", ".png"},
                                                              {"WebP", ".webp"}, {"TIFF", ".tif"},
                                                              {"BMP", ".bmp"},   {"PNM", ".ppm"}};
  std::vector<std::string> names;
  // A writer is there exactly where the library was built with the format's codec.
  for (const auto& [name, ending] : kFormats) {
    if (cv::haveImageWriter(ending)) names.emplace_back(name);
  }
  return names;
}

Json environment_json() {
  Json variables = Json::object();
  for (const char* name : kVariables) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    variables[name] = std::string_view(name) == "HF_TOKEN" ? "(set)" : value;
  }
  return variables;
}

Json models_json() {
  Json models = Json::array();
  for (const vision::LocalModel& model : vision::local_models()) {
    models.push_back(
        {{"name", model.name}, {"origin", model.origin}, {"folder", model.folder.string()}});
  }
  return models;
}

void print_devices(const Findings& found) {
  fmt::print("Vulkan devices\n");
  for (const compute::DeviceInfo& device : found.devices) {
    fmt::print("  {}  {}\n     {}, {}, Vulkan {}, {}, subgroup {}\n", device.index, device.name,
               to_string(device.kind), device.driver, device.api_version,
               bytes_text(device.memory_bytes), device.subgroup_size);
    if (device.refused) fmt::print("     cannot be used: {}\n", *device.refused);
  }
  if (found.devices.empty()) {
    fmt::print("  none{}\n", found.no_devices.empty() ? "" : ": " + found.no_devices);
  }
  if (!found.choice.empty()) fmt::print("  chosen: {}\n", found.choice);
  for (const compute::DeviceFact& fact : found.facts) {
    fmt::print("     {:<21} {}\n", fact.name, fact.value);
  }
  if (!found.refusal.empty()) fmt::print("  {}\n", found.refusal);
}

ExitCode doctor(const CommonOptions& options) {
  const Findings found = look(options.device);
  const ExitCode exit_code = found.choice.empty() ? ExitCode::device_refused : ExitCode::ok;
  const fs::path cache = cache_folder();
  const Json environment = environment_json();
  const Json models = models_json();
  if (options.json) {
    const Json report{
        {"fovea", FOVEA_VERSION},
        {"devices", devices_json(found.devices)},
        {"choice", found.choice.empty() ? Json() : Json(found.choice)},
        {"facts", facts_json(found.facts)},
        {"problem", found.no_devices + found.refusal},
        {"vkfft", {{"usable", compute::ops::has_fft()}, {"version", compute::ops::fft_version()}}},
        {"opencv", {{"version", cv::getVersionString()}, {"formats", codecs()}}},
        {"pipeline_cache", {{"folder", cache.string()}, {"bytes", folder_bytes(cache)}}},
        {"hub_cache", vision::hub_cache_root().string()},
        {"models", models},
        {"environment", environment}};
    fmt::print("{}\n", to_pretty(report));
    return exit_code;
  }
  print_devices(found);
  fmt::print("\nPictures\n  OpenCV {}: {}\n", cv::getVersionString(), fmt::join(codecs(), ", "));
  fmt::print("\nSpectral stages (change, stabilise)\n  {}: VkFFT {}\n",
             compute::ops::has_fft() ? "there" : "not in this build", compute::ops::fft_version());
  fmt::print("\nCaches\n  compiled GPU programs  {} ({})\n  models from the hub    {}\n",
             cache.empty() ? "nowhere: neither XDG_CACHE_HOME nor HOME is set" : cache.string(),
             bytes_text(folder_bytes(cache)), vision::hub_cache_root().string());
  fmt::print("\nModels on this machine\n");
  for (const Json& model : models) {
    fmt::print("  {:<40} {}\n", model["name"].get<std::string>(),
               model["origin"].get<std::string>());
  }
  if (models.empty()) fmt::print("  none; get one: fovea models pull org/name\n");
  fmt::print("\nEnvironment\n");
  for (const auto& [name, value] : environment.items()) {
    fmt::print("  {}={}\n", name, value.get<std::string>());
  }
  if (environment.empty()) fmt::print("  nothing that Fovea looks at is set\n");
  return exit_code;
}

}  // namespace

void add_doctor(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "Show devices, drivers, codecs, caches and models found here");
  command->add_option("--device", options->device, "What this choice would lead to")
      ->type_name("DEVICE");
  add_json_option(*command, options->json, "Findings");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = doctor(*options); });
}

}  // namespace fovea::pipeline
