// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/sinks/attention_files.hpp"
#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr int kBarCells = 10;
constexpr int kPercentColumns = 7;  // " 93.1 %"
constexpr int kGap = 2;
constexpr int kNarrowest = 40;
constexpr int kAnswerColumns = 20;  // "7 RBC 98 %, WBC 91 %"

constexpr std::string_view kBold = "\x1b[1m", kDim = "\x1b[2m", kRed = "\x1b[31m",
                           kGreen = "\x1b[32m", kYellow = "\x1b[33m", kReset = "\x1b[0m",
                           kClearLine = "\r\x1b[K";

bool names_utf8(std::string_view locale) {
  return locale.find("UTF-8") != std::string_view::npos ||
         locale.find("utf8") != std::string_view::npos ||
         locale.find("UTF8") != std::string_view::npos ||
         locale.find("utf-8") != std::string_view::npos;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// `score` 0..1 in kBarCells cells, to an eighth of a cell.
std::string bar(float score, bool unicode) {
  const float share = std::clamp(score, 0.0f, 1.0f);
  if (!unicode) {
    const int full = static_cast<int>(std::lround(share * kBarCells));
    return std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(kBarCells - full), '.');
  }
  constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(share * kBarCells * 8));
  std::string cells;
  for (int i = 0; i < eighths / 8; ++i) cells += "█";
  cells += kEighths[eighths % 8];
  const int used = eighths / 8 + (eighths % 8 != 0 ? 1 : 0);
  return cells + std::string(static_cast<std::size_t>(kBarCells - used), ' ');
}

/// "2 cats" is not ours to say: "2 cat 98 %, remote 91 %", each class with its best score.
std::string objects_text(const std::vector<vision::Object>& objects) {
  std::string text;
  for (auto object = objects.begin(); object != objects.end(); ++object) {
    const auto same_class = [&](const vision::Object& other) { return other.id == object->id; };
    if (std::any_of(objects.begin(), object, same_class)) continue;
    const auto count = std::count_if(object, objects.end(), same_class);
    text +=
        fmt::format("{}{}{} {:.0f} %", text.empty() ? "" : ", ",
                    count > 1 ? fmt::format("{} ", count) : "", object->name, 100 * object->score);
  }
  return text.empty() ? "nothing" : text;
}

/// The best label, or the objects where none was asked for.
std::string answer_text(const Frame& frame) {
  if (frame.labels.empty()) return objects_text(frame.objects);
  return fmt::format("{} {:.0f} %", frame.labels.front().name, 100 * frame.labels.front().score);
}

/// The columns: by what a chain answers with, or what was written of its attention.
enum class Layout : std::uint8_t { labels, objects, attention };

class TableSink final : public Sink {
 public:
  TableSink(const TableConfig& config, const std::vector<std::string>& labels, std::FILE* out,
            const TerminalStyle& style, Answers answers, std::optional<AttentionConfig> attention)
      : max_rows_(config.max_rows),
        out_(out),
        style_(style),
        layout_(attention                     ? Layout::attention
                : answers == Answers::objects ? Layout::objects
                                              : Layout::labels),
        attention_(std::move(attention)) {
    int longest = 5;
    for (const std::string& label : labels) longest = std::max(longest, columns(printable(label)));
    const int fixed = kGap * 3 + kBarCells + kPercentColumns;
    const int room = std::max(style.columns, kNarrowest) - fixed;
    label_columns_ = std::min(longest, room * 3 / 10);
    second_columns_ = room >= 45 ? std::min(longest + kPercentColumns, room * 3 / 10) : 0;
    if (second_columns_ == 0) label_columns_ = std::min(longest, room / 2);
    file_columns_ = room - label_columns_ - second_columns_;
    if (layout_ == Layout::objects) {
      const int both = std::max(style.columns, kNarrowest) - kGap;
      file_columns_ = both * 2 / 5;
      label_columns_ = both - file_columns_;
    } else if (layout_ == Layout::attention) {
      const int all = std::max(style.columns, kNarrowest) - 2 * kGap;
      label_columns_ = std::min(std::max(longest + kPercentColumns, kAnswerColumns), all / 4);
      file_columns_ = (all - label_columns_) * 2 / 5;
      second_columns_ = all - label_columns_ - file_columns_;
    }
  }

  void write(const Outcome<Frame>& outcome) override {
    if (rows_ == 0) print_header();
    if (rows_++ >= max_rows_) return;
    std::visit([this](const auto& value) { print_row(value); }, outcome);
    flush();
  }

  void finish(const RunSummary& summary) override {
    if (rows_ > max_rows_) {
      print(paint(fmt::format("{} and {} more", ellipsis(), rows_ - max_rows_), kDim));
    }
    std::string total =
        fmt::format("{} {}", summary.done, summary.done == 1 ? "picture" : "pictures");
    if (summary.filtered > 0) {
      total +=
          fmt::format(", {} filtered out", summary.filtered) + filters_text(summary.filtered_by);
    }
    if (summary.failed > 0) total += paint(fmt::format(", {} failed", summary.failed), kRed);
    if (summary.elapsed_s > 0) {
      total +=
          fmt::format(" in {:.1f} s ({:.1f} a second)", summary.elapsed_s, summary.images_per_s);
    }
    if (rows_ > 0) print("");
    print(total);
    flush();
  }

 private:
  std::string_view ellipsis() const { return style_.unicode ? "…" : "..."; }

  std::string paint(const std::string& text, std::string_view colour) const {
    return style_.colour ? fmt::format("{}{}{}", colour, text, kReset) : text;
  }

  std::string cell(std::string_view text, int width, Cut cut) const {
    return fit(printable(text), width, cut, ellipsis());
  }

  void print_header() {
    if (layout_ == Layout::objects) {
      print(paint(
          cell("FILE", file_columns_, Cut::end) + "  " + cell("OBJECTS", label_columns_, Cut::end),
          kBold));
      return;
    }
    if (layout_ == Layout::attention) {
      print(paint(cell("FILE", file_columns_, Cut::end) + "  " +
                      cell("ANSWER", label_columns_, Cut::end) + "  " +
                      cell("WRITTEN", second_columns_, Cut::end),
                  kBold));
      return;
    }
    std::string line = cell("FILE", file_columns_, Cut::end) + "  " +
                       cell("LABEL", label_columns_, Cut::end) + "  " +
                       cell("SCORE", kBarCells + kPercentColumns, Cut::end);
    if (second_columns_ > 0) line += "  " + cell("SECOND GUESS", second_columns_, Cut::end);
    print(paint(line, kBold));
  }

  void print_row(const Frame& frame) {
    std::string line = cell(frame.tag.source, file_columns_, Cut::start);
    if (layout_ == Layout::objects) {
      const std::string_view colour = frame.objects.empty() ? kDim : kGreen;
      print(line + "  " +
            paint(cell(objects_text(frame.objects), label_columns_, Cut::end), colour));
      return;
    }
    if (layout_ == Layout::attention) {
      print(line + "  " + paint(cell(answer_text(frame), label_columns_, Cut::end), kGreen) + "  " +
            paint(cell(written_text(frame), second_columns_, Cut::end), kDim));
      return;
    }
    if (!frame.labels.empty()) {
      const vision::Label& best = frame.labels.front();
      const std::string_view colour = best.score >= 0.5f ? kGreen : kYellow;
      line += "  " + paint(cell(best.name, label_columns_, Cut::end), kBold) + "  " +
              paint(bar(best.score, style_.unicode), colour) +
              fmt::format("{:5.1f} %", 100 * best.score);
    }
    if (second_columns_ > 0 && frame.labels.size() > 1) {
      const vision::Label& second = frame.labels[1];
      const std::string name =
          fit(printable(second.name), second_columns_ - kPercentColumns, Cut::end, ellipsis());
      line += "  " + paint(fmt::format("{}{:5.1f} %", name, 100 * second.score), kDim);
    }
    print(line);
  }

  /// "out/cat_000001: heat overlay npy", and the same of each object: how many there are.
  std::string written_text(const Frame& frame) const {
    const std::vector<ShownMap> shown = shown_maps(frame);
    if (!attention_ || shown.empty()) return "nothing";
    std::string text = (attention_->dir / picture_name(frame.tag)).string() + ":";
    for (const AttentionFile& file : attention_files(*attention_, frame.tag, shown.front())) {
      text += " " + file.kind;
    }
    if (shown.front().object) text += fmt::format(" ({} objects)", shown.size());
    return text;
  }

  void print_row(const Failure& failure) {
    const int beside =
        kGap + kBarCells + kPercentColumns + (second_columns_ > 0 ? kGap + second_columns_ : 0);
    const int room = label_columns_ + (layout_ == Layout::labels ? beside : 0) +
                     (layout_ == Layout::attention ? kGap + second_columns_ : 0);
    print(cell(failure.tag.source, file_columns_, Cut::start) + "  " +
          paint(cell(failure.stage + ": " + failure.reason, room, Cut::end), kRed));
  }

  void print(std::string line) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (style_.clears_line) line.insert(0, kClearLine);
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), out_);
  }

  void flush() {
    if (std::fflush(out_) == 0 && std::ferror(out_) == 0) return;
    throw Error("cannot write the table", "standard output",
                "check where the output is redirected to, or write a file with -o");
  }

  int max_rows_;
  std::FILE* out_;
  TerminalStyle style_;
  Layout layout_;
  std::optional<AttentionConfig> attention_;
  int file_columns_ = 0, label_columns_ = 0, second_columns_ = 0;
  int rows_ = 0;
};

}  // namespace

TerminalStyle terminal_style(std::FILE* stream) {
  TerminalStyle style;
  const int fd = ::fileno(stream);
  const bool terminal = ::isatty(fd) == 1;
  winsize size{};
  if (terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.columns = size.ws_col;
  } else if (const int wanted = std::atoi(std::string(environment("COLUMNS")).c_str());
             wanted > 0) {
    style.columns = wanted;
  }
  style.colour = terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  const std::string_view all = environment("LC_ALL");
  const std::string_view type = environment("LC_CTYPE");
  style.unicode = names_utf8(!all.empty() ? all : !type.empty() ? type : environment("LANG"));
  style.clears_line = terminal && ::isatty(STDERR_FILENO) == 1;
  return style;
}

std::unique_ptr<Sink> make_table_sink(const TableConfig& config,
                                      const std::vector<std::string>& labels, std::FILE* out,
                                      const TerminalStyle& style, Answers answers,
                                      std::optional<AttentionConfig> attention) {
  return std::make_unique<TableSink>(config, labels, out, style, answers, std::move(attention));
}

}  // namespace fovea::pipeline
