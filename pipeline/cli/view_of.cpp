// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/view_of.hpp"

#include <utility>
#include <variant>

namespace fovea::pipeline {
namespace {

SceneShape shape_of(const std::string& name, const Points& points, const std::string& source) {
  SceneShape shape{name, {}, source, !are_relative(points)};
  for (const Point& point : points) shape.points.push_back({point.x, point.y});
  return shape;
}

Scene scene_of(const RunConfig& config) {
  Scene scene;
  for (const StageConfig& stage : config.stages) {
    const auto* zones = std::get_if<ZonesConfig>(&stage);
    if (zones == nullptr) continue;
    for (const ZoneConfig& zone : zones->zones) {
      scene.shapes.push_back(shape_of(zone.name, zone.polygon, zone.source));
    }
    for (const LineConfig& line : zones->lines) {
      scene.shapes.push_back(shape_of(line.name, {line.from, line.to}, line.source));
    }
  }
  return scene;
}

}  // namespace

std::unique_ptr<View> view_of(const RunConfig& config,
                              std::function<void(const std::string&)> on_notice) {
  if (!config.view) return nullptr;
  ViewOptions options;
  options.address = parse_view_address(config.view->http).value();
  options.token = config.view->token;
  options.hosts = config.view->hosts;
  options.board = {config.view->fps, config.view->max_px, scene_of(config)};
  options.version = FOVEA_VERSION;
  options.on_open = [say = std::move(on_notice)](const std::string& url) { say("page: " + url); };
  return std::make_unique<View>(std::move(options));
}

}  // namespace fovea::pipeline
