// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/attention_kinds.hpp"
#include "pipeline/config/event_kinds.hpp"
#include "pipeline/config/hook_address.hpp"
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {
namespace {

/// How a sink writes pictures: the keys of ImagesConfig and CropsConfig alike.
template <class Config>
std::vector<Key> with_picture_keys(std::vector<Key> keys) {
  keys.push_back(key("format", ValueType::choice, &Config::format,
                     "jpg is small, png keeps every pixel", {.choices = {"jpg", "png"}}));
  keys.push_back(key("quality", ValueType::integer, &Config::quality,
                     "Of jpg: larger looks better and costs disk", {.min = 1, .max = 100}));
  return keys;
}

/// Which events a sink takes.
template <class Config>
Key on_key() {
  return key("on", ValueType::texts, &Config::on, "Kinds of events; left out: all",
             {.choices = event_kinds()});
}

template <class Config>
Key fps_key() {
  return key("fps", ValueType::real, &Config::fps,
             "Pictures a second; streams keep their time, still pictures take one each",
             {.min = 0.1, .max = 240});
}

/// A text that is read as it is and shown by `show` only.
template <class Show>
Key secret_key(std::string name, std::string WebhookConfig::*member, std::string doc,
               const Limits& limits, Show show) {
  Key result = key(std::move(name), ValueType::text, member, std::move(doc), limits);
  result.get = [member, show](const void* target) -> Value {
    return show(static_cast<const WebhookConfig*>(target)->*member);
  };
  return result;
}

std::vector<Key> webhook_keys() {
  return {secret_key("url", &WebhookConfig::url, "Address that gets each event, as http or https",
                     {.required = true},
                     [](const std::string& url) { return url.empty() ? url : shown_address(url); }),
          secret_key("token", &WebhookConfig::token,
                     "Sent as 'Authorization: Bearer'; write ${NAME}, so that no file holds it", {},
                     [](const std::string& token) {
                       return std::string(token.empty() ? std::string_view() : kHidden);
                     }),
          on_key<WebhookConfig>(),
          key("timeout", ValueType::duration, &WebhookConfig::timeout,
              "Of one attempt, from connecting to the answer", {.min = 100, .max = 300'000}),
          key("retries", ValueType::integer, &WebhookConfig::retries,
              "Attempts after the first, half a second later, then a second, two, four ...",
              {.min = 0, .max = 20}),
          key("queue", ValueType::integer, &WebhookConfig::queue,
              "Events that wait for a slow server; further ones are lost, and counted",
              {.min = 1, .max = 1'000'000})};
}

}  // namespace

const std::vector<SinkForm>& sink_forms() {
  static const std::vector<SinkForm> forms{
      {{"jsonl",
        "One JSON record a line",
        "path",
        {key("path", ValueType::path, &JsonlConfig::path, "File to write", {.required = true})}},
       [] { return SinkKind(JsonlConfig{}); },
       {}},
      {{"csv",
        "One row a picture, or a row an object, for spreadsheets",
        "path",
        {key("path", ValueType::path, &CsvConfig::path, "File to write", {.required = true}),
         key("top", ValueType::integer, &CsvConfig::top, "Labels a row, best first",
             {.min = 1, .max = 1000})}},
       [] { return SinkKind(CsvConfig{}); },
       {"labels or objects or quality"}},
      {{"html",
        "A page with thumbnails, counts per class, scores and failures",
        "path",
        {key("path", ValueType::path, &HtmlConfig::path, "File to write", {.required = true}),
         key("max_thumbnails", ValueType::integer, &HtmlConfig::max_thumbnails,
             "Pictures shown; the rest is counted. More make the page heavy",
             {.min = 0, .max = 100'000})}},
       [] { return SinkKind(HtmlConfig{}); },
       {}},
      {{"sort",
        "Puts each picture into a folder named after its best label",
        "dir",
        {key("dir", ValueType::path, &SortConfig::dir, "Folder that gets the class folders",
             {.required = true}),
         key("mode", ValueType::choice, &SortConfig::mode,
             "link leaves the pictures where they are, copy doubles them, move takes them away",
             {.choices = {"link", "copy", "move"}}),
         key("min_score", ValueType::score, &SortConfig::min_score,
             "Below this score a picture goes to the folder _unsure", {.min = 0, .max = 1})}},
       [] { return SinkKind(SortConfig{}); },
       {"labels"}},
      {{"coco",
        "Objects as COCO results, for pycocotools and annotation tools",
        "path",
        {key("path", ValueType::path, &CocoConfig::path, "File to write", {.required = true}),
         key("image_id", ValueType::choice, &CocoConfig::image_id,
             "index counts pictures from 1; stem takes the number that is the file's name",
             {.choices = {"index", "stem"}})}},
       [] { return SinkKind(CocoConfig{}); },
       {"objects"}},
      {{"images", "A copy of each picture with what was found drawn onto it", "dir",
        with_picture_keys<ImagesConfig>({key("dir", ValueType::path, &ImagesConfig::dir,
                                             "Folder that gets the copies", {.required = true})})},
       [] { return SinkKind(ImagesConfig{}); },
       {"objects or attention"}},
      {{"crops", "The part of the picture that shows one object, for each object", "dir",
        with_picture_keys<CropsConfig>(
            {key("dir", ValueType::path, &CropsConfig::dir, "Folder that gets the crops",
                 {.required = true}),
             key("by", ValueType::choice, &CropsConfig::by,
                 "label: a folder for each class; none: all in one folder",
                 {.choices = {"label", "none"}}),
             key("pad", ValueType::score, &CropsConfig::pad,
                 "Added on each side, as a share of the object's width and height",
                 {.min = 0, .max = 10})})},
       [] { return SinkKind(CropsConfig{}); },
       {"objects"}},
      {{"attention", "Maps of what the model attended to: pictures, and numbers for NumPy", "dir",
        with_picture_keys<AttentionConfig>(
            {key("dir", ValueType::path, &AttentionConfig::dir, "Folder that gets the maps",
                 {.required = true}),
             key("write", ValueType::texts, &AttentionConfig::write,
                 "Kinds of files; left out: all that a map has", {.choices = attention_kinds()})})},
       [] { return SinkKind(AttentionConfig{}); },
       {"attention"}},
      {{"video",
        "The annotated copies as a video",
        "path",
        {key("path", ValueType::path, &VideoConfig::path,
             "File to write, as .mp4; of several streams each gets its own: name_STREAM.mp4",
             {.required = true}),
         fps_key<VideoConfig>()}},
       [] { return SinkKind(VideoConfig{}); },
       {"objects or attention"}},
      {{"clips",
        "A short video around each event",
        "dir",
        {key("dir", ValueType::path, &ClipsConfig::dir, "Folder that gets the clips",
             {.required = true}),
         on_key<ClipsConfig>(),
         key("before", ValueType::duration, &ClipsConfig::before,
             "How much a clip shows before its event; more takes memory", {.max = 600'000}),
         key("after", ValueType::duration, &ClipsConfig::after,
             "How long it goes on after the last event", {.max = 600'000}),
         fps_key<ClipsConfig>(),
         key("memory", ValueType::bytes, &ClipsConfig::memory,
             "For the pictures of one stream that a clip may begin with; the oldest go first",
             {.min = 1 << 20, .max = 1e12})}},
       [] { return SinkKind(ClipsConfig{}); },
       {"events"}},
      {{"events",
        "What happened in the streams: one JSON record an event",
        "path",
        {key("path", ValueType::path, &EventsConfig::path, "File to write", {.required = true}),
         on_key<EventsConfig>()}},
       [] { return SinkKind(EventsConfig{}); },
       {"events"}},
      {{"webhook", "Tells a server of each event by an HTTP POST", "url", webhook_keys()},
       [] { return SinkKind(WebhookConfig{}); },
       {"events"}},
      {{"table",
        "A table on the terminal",
        "",
        {key("max_rows", ValueType::integer, &TableConfig::max_rows,
             "Rows printed before only the count goes on", {.min = 0, .max = 1'000'000'000})}},
       [] { return SinkKind(TableConfig{}); },
       {}}};
  return forms;
}

}  // namespace fovea::pipeline
