// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {
namespace {

const char* const kAnchor = "The point of a box that stands for the object";
const char* const kClasses = "Names of the classes that count; left out: any";
const char* const kSource = "Name of the source that it lies in; left out: every source";

const Section& zone_section() {
  static const Section section{
      "zone",
      "An area of the picture",
      "",
      {key("name", ValueType::text, &ZoneConfig::name, "What events and records call it",
           {.required = true}),
       key("polygon", ValueType::points, &ZoneConfig::polygon,
           "Its corners, as shares of the picture from 0 to 1 or in pixels",
           {.required = true, .min = 3, .max = 100}),
       key("classes", ValueType::texts, &ZoneConfig::classes, kClasses),
       key("anchor", ValueType::choice, &ZoneConfig::anchor, kAnchor,
           {.choices = {"bottom_center", "center"}}),
       key("source", ValueType::text, &ZoneConfig::source, kSource),
       key("dwell", ValueType::duration, &ZoneConfig::dwell,
           "An event for each object that is in it this long",
           {.max = 86'400'000, .word_for_0 = "off"}),
       key("overcrowd", ValueType::integer, &ZoneConfig::overcrowd,
           "An event when so many or more are in it, and when no longer",
           {.max = 10'000, .word_for_0 = "off"}),
       key("grace", ValueType::duration, &ZoneConfig::grace,
           "How long an object may be out of it or out of sight before it has left",
           {.max = 3'600'000})}};
  return section;
}

const Section& line_section() {
  static const Section section{
      "line",
      "A line in the picture that is crossed",
      "",
      {key("name", ValueType::text, &LineConfig::name, "What events call it", {.required = true}),
       key("from", ValueType::point, &LineConfig::from,
           "Where it begins: shares of the picture from 0 to 1, or pixels", {.required = true}),
       key("to", ValueType::point, &LineConfig::to,
           "Where it ends; 'in' is from the left to the right of the way there",
           {.required = true}),
       key("classes", ValueType::texts, &LineConfig::classes, kClasses),
       key("anchor", ValueType::choice, &LineConfig::anchor, kAnchor,
           {.choices = {"bottom_center", "center"}}),
       key("source", ValueType::text, &LineConfig::source, kSource)}};
  return section;
}

/// A key of QualityConfig: the least score of one flaw.
Key least_key(const char* name, double QualityConfig::*member, const char* doc) {
  return key(name, ValueType::score, member, doc, {.min = 0, .max = 1, .word_for_0 = "off"});
}

std::vector<Key> quality_keys() {
  return {
      least_key("blur_min", &QualityConfig::blur_min, "Least sharpness; 0.3 is 1.5 pixels"),
      least_key("motion_min", &QualityConfig::motion_min,
                "Least sharpness along its worst direction, by that along its best"),
      least_key("banding_min", &QualityConfig::banding_min,
                "Least freedom from patterns of rows or columns"),
      least_key("moire_min", &QualityConfig::moire_min,
                "Least freedom from patterns that run across"),
      least_key("blocks_min", &QualityConfig::blocks_min,
                "Least freedom from blocks of JPEG's compression"),
      least_key("noise_min", &QualityConfig::noise_min,
                "Least freedom from noise; fine texture counts as noise"),
      least_key("exposure_min", &QualityConfig::exposure_min,
                "Least score of brightness; black, white and cut off are 0"),
      least_key("obstruction_min", &QualityConfig::obstruction_min,
                "Streams: least detail, as a share of the usual"),
      least_key("frozen_min", &QualityConfig::frozen_min,
                "Streams: 1 to 0 in ten seconds without any change"),
      key("on_fail", ValueType::choice, &QualityConfig::on_fail,
          "With a score below its least: tag the record, skip the picture, or alarm by an event",
          {.choices = {"tag", "skip", "alarm"}}),
      key("grace", ValueType::duration, &QualityConfig::grace,
          "How long a stream must stay low before an alarm, and fine before its end",
          {.max = 3'600'000})};
}

const Section& tile_section() {
  static const Section section{
      "tile",
      "Looks at overlapping parts of each picture too, so that small objects are found",
      "size",
      {key("size", ValueType::integer, &TileConfig::size,
           "Width and height of a part, in pixels of the original; smaller ones take longer",
           {.min = 32, .max = 100'000}),
       key("overlap", ValueType::score, &TileConfig::overlap,
           "Share of its side that a part has in common with the next, at least",
           {.min = 0, .max = 0.9})}};
  return section;
}

}  // namespace

const std::vector<StageKind>& stage_kinds() {
  static const std::vector<StageKind> kinds{
      {{"classify",
        "Names what is in the picture",
        "model",
        {key("model", ValueType::text, &ClassifyConfig::model,
             "A model folder, a built-in name, or org/name[@revision] (see: fovea models list)",
             {.required = true}),
         key("top", ValueType::integer, &ClassifyConfig::top, "Labels kept per picture, best first",
             {.min = 1, .max = 1000}),
         key("resample", ValueType::choice, &ClassifyConfig::resample,
             "Resampling filter instead of the checkpoint's own; cv_linear is OpenCV's",
             {.choices = {"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming",
                          "cv_linear"}}),
         key("on", ValueType::choice, &ClassifyConfig::on,
             "What is named: the picture, or each object that a detect stage before found",
             {.choices = {"image", "crops"}}),
         key("of", ValueType::texts, &ClassifyConfig::of,
             "With on: crops, only objects of these classes; left out: all")}},
       [] { return StageConfig(ClassifyConfig{}); },
       {"image"},
       {"labels"}},
      {{"detect",
        "Finds the objects in the picture",
        "model",
        {key("model", ValueType::text, &DetectConfig::model,
             "A model folder, a built-in name, or org/name[@revision] (see: fovea models list)",
             {.required = true}),
         key("min_score", ValueType::score, &DetectConfig::min_score,
             "Objects above this score are kept: 0 to 1, or a percentage", {.min = 0, .max = 1}),
         key("classes", ValueType::texts, &DetectConfig::classes,
             "Names of the classes that are kept; left out: all"),
         nested("tile", tile_section(), &DetectConfig::tile, tile_section().doc)}},
       [] { return StageConfig(DetectConfig{}); },
       {"image"},
       {"objects"}},
      {{"filter",
        "Lets a picture pass only if its best label fits",
        "",
        {key("labels", ValueType::texts, &FilterConfig::labels,
             "Names that may pass; left out: any"),
         key("min_score", ValueType::score, &FilterConfig::min_score,
             "Smallest score that may pass: 0 to 1, or a percentage", {.min = 0, .max = 1})}},
       [] { return StageConfig(FilterConfig{}); },
       {"labels"},
       {}},
      {{"track",
        "Follows objects from frame to frame: each keeps its number",
        "",
        {key("high_score", ValueType::score, &TrackConfig::high_score,
             "Boxes from this score on are matched first", {.min = 0, .max = 1}),
         key("low_score", ValueType::score, &TrackConfig::low_score,
             "Boxes below are left out; those between hold tracks that are half hidden",
             {.min = 0, .max = 1}),
         key("new_score", ValueType::score, &TrackConfig::new_score,
             "A track begins with a box of at least this score", {.min = 0, .max = 1}),
         key("lost", ValueType::duration, &TrackConfig::lost,
             "How long a track out of sight is kept; longer mixes up more newcomers",
             {.max = 60'000}),
         key("detect_every", ValueType::integer, &TrackConfig::detect_every,
             "The model looks at one frame of so many of a source; between, boxes are predicted",
             {.min = 1, .max = 1000})}},
       [] { return StageConfig(TrackConfig{}); },
       {"objects"},
       {"tracks"}},
      {{"zones",
        "Watches places in the picture: who is there, for how long, who crosses a line",
        "",
        {list_of("zones", zone_section(), &ZonesConfig::zones, "Areas that are watched",
                 {.max = 1000}),
         list_of("lines", line_section(), &ZonesConfig::lines, "Lines that are watched",
                 {.max = 1000})}},
       [] { return StageConfig(ZonesConfig{}); },
       {"tracks"},
       {"events"}},
      {{"attend",
        "Shows which parts of the picture the model before it attends to",
        "",
        {key("method", ValueType::choice, &AttendConfig::method,
             "raw: one layer's attention; rollout: all layers'; masking: what the label rests on",
             {.choices = {"raw", "rollout", "masking"}}),
         key("layer", ValueType::integer, &AttendConfig::layer,
             "raw: the layer, counted from 0, or backwards from the last, -1",
             {.min = -1000, .max = 999}),
         key("head", ValueType::word, &AttendConfig::head,
             "raw: the mean or max over the layer's heads, all of them, or one, counted from 0",
             {.max = 999, .choices = {"mean", "max", "all"}}),
         key("query", ValueType::point, &AttendConfig::query,
             "Whose attention: the class token's, or that of the patch at a point, in shares or "
             "pixels",
             {.word_for_0 = "cls"}),
         key("per_object", ValueType::boolean, &AttendConfig::per_object,
             "Behind detect: a map for each object, of what its detection token attends to")}},
       [] { return StageConfig(AttendConfig{}); },
       {"labels or objects"},
       {"attention"}},
      {{"change",
        "Lets a picture go on to the model only if it differs from the last that did",
        "threshold",
        {key("threshold", ValueType::score, &ChangeConfig::threshold,
             "How much a part of the picture must differ: 0 the same, 1 nothing in common",
             {.min = 0, .max = 1}),
         key("at_least_every", ValueType::duration, &ChangeConfig::at_least_every,
             "A picture goes on when none has for so long",
             {.max = 86'400'000, .word_for_0 = "off"})}},
       [] { return StageConfig(ChangeConfig{}); },
       {"image"},
       {}},
      {{"stabilise",
        "Tells how far each picture is shifted against the first of its source",
        "",
        {key("min_peak", ValueType::score, &StabiliseConfig::min_peak,
             "How much two pictures must have in common for a shift to be told: 1 all, 2% noise",
             {.min = 0.02, .max = 1})}},
       [] { return StageConfig(StabiliseConfig{}); },
       {"image"},
       {"drift"}},
      {{"quality", "Judges the picture itself: blur, motion, patterns, noise, exposure", "",
        quality_keys()},
       [] { return StageConfig(QualityConfig{}); },
       {"image"},
       {"quality"}}};
  return kinds;
}

}  // namespace fovea::pipeline
