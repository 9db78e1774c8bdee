// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "pipeline/sinks/clock.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/live_json.hpp"
#include "pipeline/sinks/sink.hpp"

namespace fovea::pipeline {

void write_manifest(const std::filesystem::path& dir, const RunIdentity& identity,
                    const RunSummary& summary) {
  Json manifest = {
      {"schema", 1},
      {"fovea", identity.fovea_version},
      {"model",
       {{"name", identity.model},
        {"folder", identity.model_folder},
        {"sha256", identity.model_sha256}}},
      {"device",
       {{"name", identity.device}, {"driver", identity.driver}, {"uuid", identity.device_uuid}}},
      {"precision", identity.precision},
      {"precision_why", identity.precision_why},
      {"batch", identity.batch},
      {"decode", identity.decode},
      {"resample_on", identity.resample_on},
      {"versions", {{"opencv", identity.opencv_version}}},
      {"counts",
       {{"seen", summary.seen},
        {"done", summary.done},
        {"failed", summary.failed},
        {"filtered", summary.filtered},
        {"filtered_by", summary.filtered_by},
        {"reduced", summary.reduced}}},
      {"interrupted", summary.interrupted},
      {"started", identity.started_utc},
      {"ended", utc_now()},
      {"elapsed_s", rounded(summary.elapsed_s, 3)},
      {"images_per_s", rounded(summary.images_per_s, 3)},
      {"bottleneck", summary.bottleneck},
      {"lost", summary.lost},
      {"config", identity.config_yaml}};
  if (summary.live) {
    manifest["sources"] = sources_json(*summary.live);
    manifest["degraded"] = degraded_json(*summary.live);
  }
  AtomicFile file(dir / "manifest.json");
  file.write(to_pretty(manifest) + "\n");
  file.commit();
}

}  // namespace fovea::pipeline
