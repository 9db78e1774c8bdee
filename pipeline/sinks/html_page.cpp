// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/html_page.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kBarsOpen = 12;  // classes shown before "more classes"
constexpr int kTinyPx = 96;            // below it thumbnails are enlarged as sharp pixels

std::string tile(std::string_view value, std::string_view name, bool alarm = false) {
  return fmt::format("<li class=\"panel{}\"><b>{}</b><span>{}</span></li>\n", alarm ? " alarm" : "",
                     value, name);
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

// "2026-03-01T12:34:56Z" -> "2026-03-01 12:34 UTC"
std::string minute(const std::string& iso) {
  if (iso.size() < 16 || iso[10] != 'T') return iso;
  return iso.substr(0, 10) + " " + iso.substr(11, 5) + " UTC";
}

std::string bar(const ClassCount& one, std::uint64_t most) {
  const std::string name = html_escape(one.name);
  return fmt::format(
      "<button class=\"bar\" type=\"button\" data-c=\"{}\" aria-pressed=\"false\" title=\"{}\">"
      "<bdi class=\"name\">{}</bdi><span class=\"track\"><i style=\"--v:{:.4f}\"></i></span>"
      "<span class=\"num\">{}</span></button>\n",
      one.id, name, name, static_cast<double>(one.count) / static_cast<double>(most),
      with_commas(one.count));
}

std::string class_bars(const PageTotals& totals) {
  std::string html = "<div class=\"panel\"><h2>Classes</h2>\n";
  const std::uint64_t most = totals.classes.front().count;
  for (std::size_t i = 0; i < totals.classes.size(); ++i) {
    if (i == kBarsOpen) {
      html += fmt::format("<details><summary>{}</summary>\n",
                          counted(totals.classes.size() - i, "more class", "more classes"));
    }
    html += bar(totals.classes[i], most);
  }
  if (totals.classes.size() > kBarsOpen) html += "</details>\n";
  return html + "</div>\n";
}

/// What the scores belong to: "3 pictures", "1 object".
std::string things(const PageTotals& totals, std::uint64_t number) {
  return totals.detects ? counted(number, "object", "objects")
                        : counted(number, "picture", "pictures");
}

std::string histogram(const PageTotals& totals) {
  constexpr double kWidth = 420, kHeight = 132, kLeft = 4, kGap = 2;
  const double step = (kWidth - kLeft) / kScoreBins;
  const std::uint64_t most =
      std::max<std::uint64_t>(1, *std::ranges::max_element(totals.histogram));
  std::string html = fmt::format(
      "<div class=\"panel\"><h2>How sure the model is</h2>\n"
      "<svg viewBox=\"0 -16 {} {}\" role=\"img\" aria-label=\"Histogram of {}\">\n",
      kWidth, kHeight + 40, totals.detects ? "the objects' scores" : "the best label's score");
  html += fmt::format("<text x=\"{}\" y=\"-5\">{}</text>", kLeft, things(totals, most));
  html += fmt::format("<line x1=\"{0}\" x2=\"{1}\" y1=\"0\" y2=\"0\"/>", kLeft, kWidth);
  for (std::size_t i = 0; i < kScoreBins; ++i) {
    const std::uint64_t count = totals.histogram[i];
    if (count == 0) continue;
    const double height = std::max(1.5, kHeight * static_cast<double>(count) / most);
    html += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\">"
        "<title>{} to {} %: {}</title></rect>",
        kLeft + static_cast<double>(i) * step, kHeight - height, step - kGap, height,
        i * 100 / kScoreBins, (i + 1) * 100 / kScoreBins, things(totals, count));
  }
  html +=
      fmt::format("<line x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>", kLeft, kWidth, kHeight);
  for (int percent = 0; percent <= 100; percent += 25) {
    const char* anchor = percent == 0 ? "start" : percent == 100 ? "end" : "middle";
    html += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{} %</text>",
                        kLeft + (kWidth - kLeft) * percent / 100, kHeight + 17, anchor, percent);
  }
  return html + "</svg></div>\n";
}

std::string where_time_went(const PageTotals& totals) {
  const auto pictures = static_cast<double>(totals.pictures);
  const struct {
    const char* name;
    double ms;
  } parts[] = {{"decode", totals.sum_ms.decode_ms / pictures},
               {"preprocess", totals.sum_ms.preprocess_ms / pictures},
               {"inference", totals.sum_ms.inference_ms / pictures}};
  std::string split, key;
  for (const auto& part : parts) {
    split += fmt::format("<i style=\"--v:{:.4f}\"></i>", std::max(part.ms, 1e-4));
    key += fmt::format("<li><i></i>{} <b>{:.2f} ms</b></li>", part.name, part.ms);
  }
  return "<div class=\"panel\"><h2>Time for one picture</h2><div class=\"split\">" + split +
         "</div><ul class=\"key\">" + key +
         "</ul><p class=\"soft small\">Means. The steps overlap, so a run takes less than their "
         "sum.</p></div>\n";
}

std::string row(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, html_escape(value));
}

/// "2 dog, 1 cat", most frequent first, and the ids that the bars filter by: "1 5".
struct Found {
  std::string counts, ids;
};

Found found_in(const std::vector<vision::Object>& objects) {
  std::vector<ClassCount> classes;
  for (const vision::Object& object : objects) {
    const auto known = std::ranges::find(classes, object.id, &ClassCount::id);
    if (known == classes.end()) {
      classes.push_back({object.id, object.name, 1});
    } else {
      ++known->count;
    }
  }
  std::ranges::stable_sort(classes, std::ranges::greater{}, &ClassCount::count);
  Found found;
  for (const ClassCount& one : classes) {
    found.counts +=
        fmt::format("{}{} {}", found.counts.empty() ? "" : ", ", one.count, html_escape(one.name));
    found.ids += fmt::format("{}{}", found.ids.empty() ? "" : " ", one.id);
  }
  return found;
}

const char* grade(float score) { return score >= 0.8f ? "good" : score >= 0.5f ? "fair" : "poor"; }

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::string_view kUnits[] = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < std::size(kUnits)) value /= 1000, ++unit;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string page_head(const RunIdentity& identity, const RunSummary& summary,
                      const PageTotals& totals, std::string_view nonce) {
  const std::string title =
      totals.pictures == 0 ? "No pictures"
                           : counted(totals.pictures, "picture", "pictures") + ", " +
                                 (totals.detects ? things(totals, totals.objects) + ", " : "") +
                                 counted(totals.classes.size(), "class", "classes");
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'; script-src 'nonce-{}'\">\n<title>{} - Fovea</title>\n<style>{}"
      "</style>\n</head>\n<body>\n<main>\n",
      nonce, title, kPageStyle);
  html += fmt::format(
      "<header><div class=\"eyebrow\"><svg viewBox=\"0 0 24 24\" style=\"width:20px\" "
      "aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"9.5\" fill=\"none\" "
      "stroke=\"currentColor\" stroke-width=\"2\"/><circle cx=\"12\" cy=\"12\" r=\"3.6\" "
      "fill=\"currentColor\"/></svg>Fovea</div>\n<h1>{}</h1>\n<p class=\"soft\">{} on {}, "
      "{}</p></header>\n",
      title, html_escape(identity.model), html_escape(identity.device),
      html_escape(minute(identity.started_utc)));
  if (summary.interrupted) {
    html +=
        "<p class=\"panel banner\"><b>Stopped early.</b> The run was interrupted; this page shows "
        "what was done until then.</p>\n";
  }
  html += "<ul class=\"tiles\">\n";
  html += tile(with_commas(summary.done), summary.done == 1 ? "picture" : "pictures");
  html +=
      tile(with_commas(totals.classes.size()), totals.classes.size() == 1 ? "class" : "classes");
  if (totals.detects) {
    html += tile(with_commas(totals.objects), totals.objects == 1 ? "object" : "objects");
  }
  html += tile(with_commas(summary.failed), "failed", summary.failed > 0);
  if (summary.filtered > 0) html += tile(with_commas(summary.filtered), "filtered out");
  html += tile(fmt::format("{:.1f}", summary.images_per_s), "pictures a second");
  html += tile(duration(summary.elapsed_s), "in all");
  return html + "</ul>\n";
}

std::string page_charts(const PageTotals& totals) {
  if (totals.pictures == 0) return {};
  std::string html = "<div class=\"charts\">\n";
  if (!totals.classes.empty()) html += class_bars(totals);
  return html + "<div class=\"side\">" + histogram(totals) + where_time_went(totals) +
         "</div></div>\n";
}

std::string page_gallery_head(const PageTotals& totals) {
  std::string html =
      "<section aria-label=\"Pictures\"><div class=\"tools\"><h2>Pictures "
      "<span id=\"shown\" class=\"soft small\" role=\"status\"></span></h2>"
      "<button id=\"clear\" type=\"button\" hidden>Show all (Esc)</button>"
      "<input id=\"find\" class=\"needs-script\" type=\"search\" hidden "
      "placeholder=\"File name ( / )\" aria-label=\"Show files whose name contains\">"
      "<select id=\"order\" class=\"needs-script\" aria-label=\"Order\" hidden>"
      "<option value=\"run\">in order</option><option value=\"low\">least sure first</option>"
      "<option value=\"high\">most sure first</option><option value=\"name\">by name</option>"
      "</select></div>\n";
  if (totals.thumbnails < totals.pictures) {
    html += fmt::format(
        "<p class=\"soft small\">The first {} of {} are shown; the numbers above count all.</p>\n",
        with_commas(totals.thumbnails), counted(totals.pictures, "picture", "pictures"));
  }
  return html +
         "<p id=\"none\" class=\"panel soft\" hidden>None of the pictures on this page fits.</p>\n"
         "<ul id=\"cards\" class=\"cards\">\n";
}

std::string page_failures_head(const RunSummary& summary, const PageTotals& totals) {
  std::string html = fmt::format(
      "<section aria-label=\"Failures\"><div class=\"panel\"><h2>{}</h2>\n",
      counted(totals.failures_listed, "picture could not be read", "pictures could not be read"));
  if (totals.failures_listed < summary.failed) {
    html = fmt::format(
        "<section aria-label=\"Failures\"><div class=\"panel\"><h2>{} could not be read</h2>\n"
        "<p class=\"soft small\">The first {} are listed; errors.jsonl has all.</p>\n",
        counted(summary.failed, "picture", "pictures"), with_commas(totals.failures_listed));
  }
  return html +
         "<div class=\"scroll\"><table><thead><tr><th>File</th><th>Step</th><th>Reason</th>"
         "<th class=\"num\">Size</th></tr></thead><tbody>\n";
}

std::string page_tail(const RunIdentity& identity, const RunSummary& summary,
                      std::string_view nonce) {
  std::string html =
      "<section aria-label=\"Run\"><div class=\"panel\"><h2>This run</h2>\n<table>\n";
  html += row("Model", identity.model);
  html += row("Weights sha256", identity.model_sha256);
  html += row("Device", identity.device);
  html += row("Driver", identity.driver);
  html += row("Precision, batch", fmt::format("{}, {}", identity.precision, identity.batch));
  html += row("Started", identity.started_utc);
  html += row("Slowest part", summary.bottleneck);
  html += row("Versions",
              fmt::format("Fovea {}, OpenCV {}", identity.fovea_version, identity.opencv_version));
  html += "</table>\n";
  if (!identity.config_yaml.empty()) {
    html +=
        "<details><summary>Configuration: run it again with <code>fovea run</code></summary>"
        "<pre>" +
        html_escape(identity.config_yaml) + "</pre></details>\n";
  }
  html += "</div></section>\n</main>\n";
  html += fmt::format("<script nonce=\"{}\">{}</script>\n", nonce, kPageScript);
  return html + "</body>\n</html>\n";
}

std::string page_card(const Frame& frame, std::string_view image, std::string_view href) {
  const std::string file = html_escape(frame.tag.source);
  const bool labelled = !frame.labels.empty();
  vision::Label best{.id = -1};
  Found found;
  if (labelled) {
    best = frame.labels.front();
    found.ids = std::to_string(best.id);
  } else if (!frame.objects.empty()) {
    const vision::Object& object = frame.objects.front();
    best = {object.id, object.name, object.score};
    found = found_in(frame.objects);
  }
  const std::string name = html_escape(best.name);
  std::string html =
      fmt::format("<li class=\"card\" data-c=\"{}\" data-s=\"{:.6f}\" data-n=\"{}\">", found.ids,
                  best.score, file);
  const bool tiny = std::max(frame.thumbnail.cols, frame.thumbnail.rows) < kTinyPx;
  const std::string picture = image.empty()
                                  ? std::string("no preview")
                                  : fmt::format("<img src=\"{}\" alt=\"{}\"{} loading=\"lazy\">",
                                                image, file, tiny ? " class=\"tiny\"" : "");
  html += href.empty() ? fmt::format("<div class=\"pic\">{}</div>", picture)
                       : fmt::format("<a class=\"pic\" href=\"{}\">{}</a>", href, picture);
  html += "<div class=\"text\">";
  if (best.id >= 0) {
    html += fmt::format(
        "<div class=\"best\"><bdi title=\"{0}\">{0}</bdi><span>{1:.1f} %</span></div>"
        "<span class=\"track {2}\"><i style=\"--v:{3:.4f}\"></i></span>",
        name, 100 * best.score, grade(best.score), best.score);
  }
  if (!labelled) {
    html += fmt::format("<div class=\"next\"><bdi>{}</bdi></div>",
                        frame.objects.empty() ? "nothing found" : found.counts);
  }
  if (frame.labels.size() > 1) {
    const vision::Label& next = frame.labels[1];
    html += fmt::format("<div class=\"next\"><bdi>{}</bdi><span>{:.1f} %</span></div>",
                        html_escape(next.name), 100 * next.score);
  }
  const std::string base = html_escape(std::filesystem::path(frame.tag.source).filename().string());
  return html + fmt::format("<bdi class=\"file\" title=\"{}\">{}{}</bdi></div></li>\n", file, base,
                            frame.truncated ? " (cut short)" : "");
}

std::string page_failure(const Failure& failure) {
  return fmt::format(
      "<tr><td><bdi>{}</bdi></td><td>{}</td><td>{}</td><td class=\"num\">{}</td></tr>\n",
      html_escape(failure.tag.source), html_escape(failure.stage), html_escape(failure.reason),
      human_bytes(failure.bytes));
}

}  // namespace fovea::pipeline
